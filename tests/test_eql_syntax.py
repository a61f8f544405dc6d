"""EQL text becomes a tree, or an error that says where."""

from __future__ import annotations

import pytest

from converter.errors import QueryError
from converter.languages import eql_tree as t
from converter.languages.eql_syntax import parse_query


def condition(text: str) -> t.Expression:
    """The tree of one condition."""
    source = parse_query(f"any where {text}").source
    assert isinstance(source, t.Event)
    return source.condition


F, G = t.Field("f"), t.Field("g")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("f and g or not f", t.Group("or", (t.Group("and", (F, G)), t.Negated(F)))),
        ("not f and g", t.Group("and", (t.Negated(F), G))),
        ("not not f", t.Negated(t.Negated(F))),
        ("(f or g) and f", t.Group("and", (t.Group("or", (F, G)), F))),
        ("f == g", t.Compared("==", F, G)),
        ("f == -1.5e2", t.Compared("==", F, t.Const(-150.0))),
        ("f == .5", t.Compared("==", F, t.Const(0.5))),
        ("f == 12345678901234567890", t.Compared("==", F, t.Const(12345678901234567890))),
        (
            "f + 1 * 2 < g",
            t.Compared(
                "<",
                t.Arithmetic("+", F, t.Arithmetic("*", t.Const(1), t.Const(2))),
                G,
            ),
        ),
        ("-f > +1", t.Compared(">", t.Minus(F), t.Const(1))),
        ('f : ("a", "b")', t.Alike(":", F, (t.Const("a"), t.Const("b")))),
        ('f like~ "a*"', t.Alike("like~", F, (t.Const("a*"),))),
        ('f regex "a.*"', t.Alike("regex", F, (t.Const("a.*"),))),
        ("f in (1, null)", t.Among(F, (t.Const(1), t.Const(None)))),
        ('f not in~ ("a")', t.Negated(t.Among(F, (t.Const("a"),), True))),
        ('startsWith~(f, "a")', t.Call("startsWith", (F, t.Const("a")), True)),
        ("?a.b.`c d` == true", t.Compared("==", t.Field("a.b.c d", True), t.Const(True))),
        ("`a``b`", t.Field("a`b")),
        ("@timestamp", t.Field("@timestamp")),
        ("inside", t.Field("inside")),
        ("AND", t.Field("AND")),
        (
            'f == "\\\\ \\" \\t\\n\\r\\b\\f \\u{1F600}"',
            t.Compared("==", F, t.Const('\\ " \t\n\r\b\f 😀')),
        ),
        ('f == """a\\*"b"""', t.Compared("==", F, t.Const('a\\*"b'))),
        ('f == """a""""', t.Compared("==", F, t.Const('a"'))),
        ("f // or g\n and /* or\n */ g", t.Group("and", (F, G))),
    ],
)
def test_conditions(text: str, tree: t.Expression) -> None:
    """Precedence, literals, names and comments are read as Elasticsearch reads them."""
    assert condition(text) == tree


@pytest.mark.parametrize(
    "text",
    [
        "f = 1",
        "f == 'a'",
        'f == "a',
        'f == "a\nb"',
        'f == "\\*"',
        'f == "\\u1234"',
        'f == ?"a"',
        "f AND g",
        "f && g",
        "f and",
        "(f",
        "f in ()",
        "f == 1 == 2",
        "f : g",
        "f : -1",
        'f not like "a"',
        "a-b.where",
        "event.any == 1",
        "1digit == 1",
        "f[0] == 1",
        "été == 1",
        "?(f)",
        "f\u00a0== 1",
        "f | unknown 1",
        "f | head",
        "f | head f",
    ],
)
def test_what_is_no_condition(text: str) -> None:
    """Text outside the grammar is an error of kind parse."""
    with pytest.raises(QueryError) as found:
        condition(text)
    assert found.value.kind == "parse"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("any where f\n  = 1", "EQL: line 2, column 3: '=' is not expected here; mend the query"),
        ("any where", "EQL: the query ends too early; write its end"),
        ("any where f == é", "EQL: line 1, column 16: 'é' is not expected here"),
        ("sequence [any where a]", "EQL: line 1, column 1: a sequence has at least two steps"),
        ("join by u [any where a] [any where b]", "EQL: line 1, column 1: `join` is not supported"),
        ("any where a | sort b", "EQL: line 1, column 15: there is no pipe sort"),
        ("any where child of [any where a]", "EQL: line 1, column 11: `child of`"),
        (" \n", "EQL: the query is empty; write a query"),
    ],
)
def test_errors_say_where(text: str, message: str) -> None:
    """A message names the place and what stands there."""
    with pytest.raises(QueryError) as found:
        parse_query(text)
    assert str(found.value).startswith(message)


def test_deep_nesting_is_an_error() -> None:
    """Thousands of levels are refused, not a crash; parentheses alone are no level."""
    assert condition("(" * 20_000 + "f" + ")" * 20_000) == F
    for text in ("not " * 20_000 + "f", "f == " + "1 + (" * 5_000 + "f" + ")" * 5_000):
        with pytest.raises(QueryError, match="nested too deeply"):
            condition(text)


def test_a_sequence() -> None:
    """Keys of all steps come before those of one; runs, spans, pipes and the end are kept."""
    query = parse_query(
        'sequence by a, ?b with maxspan=2m [any where f] by c with runs=3 !["x" where g] by d '
        "until [y where f] by e | head 5 | tail 2"
    )
    a, b = t.Field("a"), t.Field("b", True)
    one = t.Step(t.Event("", F), (a, b, t.Field("c")), 3)
    two = t.Step(t.Event("x", G), (a, b, t.Field("d")), 1, True)
    end = t.Step(t.Event("y", F), (a, b, t.Field("e")))
    assert query.source == t.Sequence((one, two), 120_000, end)
    assert query.pipes == (t.Pipe("head", 5), t.Pipe("tail", 2))


def test_a_sample() -> None:
    """A sample joins its steps by keys."""
    key = (t.Field("u"),)
    steps = (t.Step(t.Event("", F), key), t.Step(t.Event("", G), key))
    assert parse_query("sample by u [any where f] [any where g]").source == t.Sample(steps)


@pytest.mark.parametrize(
    "text",
    [
        "sequence with maxspan=1m by u [any where f] [any where g]",
        "sequence with maxspan=0s [any where f] [any where g]",
        "sequence with maxspan=1.5s [any where f] [any where g]",
        "sequence with maxspan=1w [any where f] [any where g]",
        "sequence with maxspan=1 [any where f] [any where g]",
        "sequence [any where f] with runs=0",
        "sequence [any where f] with times=2",
        "sequence [any where f] [any where g] by u",
        "sequence with maxspan=1m [any where f] [any where g] until ![any where f]",
        "sequence [[any where f]] [any where g]",
        "sample by u ![any where f] [any where g]",
        "SEQUENCE [any where f] [any where g]",
    ],
)
def test_what_is_no_sequence(text: str) -> None:
    """Sequences and samples keep the rules of their parts."""
    with pytest.raises(QueryError) as found:
        parse_query(text)
    assert found.value.kind == "parse"
