"""ES|QL text to tree: names, literals, ranks of operators, and what is no ES|QL."""

from __future__ import annotations

import pytest

from converter import predicate as p
from converter.errors import QueryError
from converter.languages import esql_tree as t
from converter.languages.esql_syntax import like_pattern, parse_query

A, B, C = t.Column("a"), t.Column("b"), t.Column("c")


def tree_of(text: str) -> t.Expression:
    """The expression that WHERE holds."""
    command = parse_query(f"FROM logs | WHERE {text}").commands[0]
    assert isinstance(command, t.Where)
    return command.test


EXPRESSIONS: list[tuple[str, t.Expression]] = [
    ("a", A),
    ("`a`", A),
    ("a.b", t.Column("a.b")),
    ("`a`.`b``-`", t.Column("a.b`-")),
    ("@a", t.Column("@a")),
    ("limit", t.Column("limit")),
    ("NOT a AND b", t.Logic("and", (t.Negation(A), B))),
    ("not a == b", t.Negation(t.Infix("==", A, B))),
    ("a OR b AND c", t.Logic("or", (A, t.Logic("and", (B, C))))),
    ("a and (b or c)", t.Logic("and", (A, t.Logic("or", (B, C))))),
    ("a + b * c", t.Infix("+", A, t.Infix("*", B, C))),
    ("a == -5", t.Infix("==", A, t.Const(-5))),
    ("a == .5", t.Infix("==", A, t.Const(0.5))),
    (r'a == "\\\"\t"', t.Infix("==", A, t.Const('\\"\t'))),
    (r'a == """\n"b"""', t.Infix("==", A, t.Const('\\n"b'))),
    ("a > NOW() - 1 day", t.Infix(">", A, t.Infix("-", t.Call("now", ()), t.Span(1, "day")))),
    ('a NOT LIKE ("x*", "y")', t.Negation(t.Like(A, ("x*", "y"), False, True))),
    ('a RLIKE "x"', t.Like(A, ("x",), True, False)),
    ("a NOT IN (1, null)", t.Negation(t.In(A, (t.Const(1), t.Const(None))))),
    ("a IS NOT NULL", t.IsNull(A, denied=True)),
    ('a : "x"', t.Match(A, t.Const("x"))),
    ("a::long == 5", t.Infix("==", t.Cast(A, "long"), t.Const(5))),
    ("a /* c */ // d", A),
    ('MATCH(a, "x", {"operator": "AND"})', t.Call(
        "match", (A, t.Const("x"), t.Options((("operator", t.Const("AND")),)))
    )),
]  # fmt: skip


@pytest.mark.parametrize(("text", "tree"), EXPRESSIONS)
def test_expressions(text: str, tree: t.Expression) -> None:
    """An expression reads as Elasticsearch's grammar ranks it."""
    assert tree_of(text) == tree


COMMANDS: list[tuple[str, t.Command]] = [
    ("KEEP a*, `b*`", t.Keep(((("a*", True),), (("b*", False),)))),
    ("DROP a.*", t.Keep(((("a", False), ("*", True)),), drop=True)),
    ("RENAME a AS b, `c-d` AS e", t.Rename((("a", "b"), ("c-d", "e")))),
    ("SORT a DESC, b", t.Sort((t.Order(A, True, True), t.Order(B, False, False)))),
    ("SORT a DESC NULLS LAST", t.Sort((t.Order(A, True, False),))),
    ("LIMIT 3", t.Limit(3)),
    ("EVAL x = a", t.Eval((t.Field("x", A),))),
    ("MV_EXPAND a", t.MvExpand(A)),
    ('GROK a "%{X:y | z}"', t.Other("GROK", 'GROK a "%{X:y | z}"')),
    ("STATS c = COUNT(*) WHERE a BY b, LENGTH( c )", t.Stats(
        (t.Aggregate(t.Field("c", t.Call("count", ())), A),),
        (t.Field("b", B), t.Field("LENGTH( c )", t.Call("length", (C,)))),
    )),
]  # fmt: skip


@pytest.mark.parametrize(("text", "tree"), COMMANDS)
def test_commands(text: str, tree: t.Command) -> None:
    """A command reads with its columns, their names and their order."""
    assert parse_query(f"FROM logs | {text}").commands == (tree,)


def test_source_with_metadata() -> None:
    """Indices are names, patterns or quoted; metadata columns follow; SET stands before."""
    query = parse_query('SET a="b"; FROM logs-*, remote:x, "y z" METADATA _id, _index')
    assert query.source == t.From(("logs-*", "remote:x", "y z"), ("_id", "_index"))
    assert query.settings == (("a", "b"),)


@pytest.mark.parametrize(
    "text",
    [
        "a = 1",
        "a && b",
        "where",
        "a LIKE b",
        "a IN ()",
        "a == b == c",
        "1digit == 2",
        'a == "x\ny"',
        r'a == "\s"',
        "COUNT(DISTINCT a)",
        "a BETWEEN 1 AND 2",
        "(a",
        "été",
    ],
)
def test_what_is_no_esql(text: str) -> None:
    """Text that is no ES|QL is an error of kind parse."""
    with pytest.raises(QueryError) as caught:
        tree_of(text)
    assert caught.value.kind == "parse"
    assert "ES|QL" in str(caught.value)


def test_an_error_names_its_place() -> None:
    """The message of an error holds line and column."""
    with pytest.raises(QueryError, match="line 2, column 9: '='"):
        parse_query("FROM logs\n| WHERE = 1")


def test_like_patterns() -> None:
    """In LIKE a backslash frees wildcards and itself, and is an error before others."""
    many, one = p.Wildcard.MANY, p.Wildcard.ONE
    assert like_pattern(r"a\*b*\\?") == ("a*b", many, "\\", one)
    for wrong in (r"a\b", "a\\"):
        with pytest.raises(QueryError):
            like_pattern(wrong)
