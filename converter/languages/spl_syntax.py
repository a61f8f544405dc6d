"""SPL text into a syntax tree (semantics: SPL 1, 5-7, 9, 10, 12)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import LarkError, UnexpectedInput, VisitError

from converter.errors import PolysigmaError, QueryError, Unsupported
from converter.languages import spl_tree as t
from converter.languages.grammars import grammar, grammar_text
from converter.languages.spl_escapes import unescape_eval, unescape_regex, unescape_search

_COMMAND = re.compile(r"\s*([A-Za-z_]\w*)", re.ASCII)
_MACRO = re.compile(r"\s*(`[^`]*`)\s*")
_WORDS = {"AND", "OR", "NOT", "AS", "IN"}
_NEEDS_EVENTS = frozenset(
    "bin bucket dedup eventstats fields fillnull head lookup mvexpand rename rex sort spath stats "
    "streamstats table tail top rare".split()
)
_STARTS = ["pipeline", "search", "expression", "assignments", "regex", "arguments"]


class Part(NamedTuple):
    """One command's text, comments blanked out, and where in the query it begins."""

    text: str
    start: int


def read(text: str) -> t.Pipeline:
    """The query as a tree.

    Raises QueryError, with line and column, where it is no SPL, and Unsupported, by name, where
    Splunk's documentation leaves open how a piece of it is read.
    """
    parts = _parts(text)
    generated = not parts[0].text.strip() and len(parts) > 1
    if generated:
        parts = parts[1:]
    stages = [_stage(part, text, first=not n and not generated) for n, part in enumerate(parts)]
    if generated and not _generates(stages[0]):
        raise _broken("a query cannot begin with this command", text, parts[0].start)
    return t.Pipeline(tuple(stages), generated)


def expression(text: str) -> t.Expression:
    """An eval expression by itself. Raises as `read` does."""
    tree: t.Expression = _parse("expression", Part(text, 0), text)
    return tree


def search(text: str) -> t.Expression:
    """The expression of a `search` by itself. Raises as `read` does."""
    tree: t.Expression = _parse("search", Part(text, 0), text)
    return tree


def _parts(text: str) -> list[Part]:
    """The query cut at its pipes, those inside strings and brackets left alone."""
    starts, depth = [0], 0
    blanked = list(text)
    for token in _parse("pipeline", Part(text, 0), text).children:
        if token == "|" and not depth:
            starts.append(token.end_pos)
        elif token.type == "COMMENT":
            blanked[token.start_pos : token.end_pos] = " " * len(token)
        elif token.type == "STRING" and "```" in token:
            what = "SPL: three back-quotes inside quotes may begin a comment"
            raise Unsupported(what, next_step="take them out of the text")
        depth += {"[": 1, "]": -1}.get(token, 0)
    clean = "".join(blanked)
    ends = [start - 1 for start in starts[1:]] + [len(text)]
    return [Part(clean[start:end], start) for start, end in zip(starts, ends, strict=True)]


def _stage(part: Part, whole: str, first: bool) -> t.Stage:
    macro = _MACRO.fullmatch(part.text)
    if macro and not first:
        return t.Macro(macro[1])
    named = _COMMAND.match(part.text)
    name = named[1].lower() if named else ""
    if first and not (name == "search" and _follows_space(part, named)):
        return t.Search(_parse("search", part, whole))
    if not named:
        raise _broken("a pipe must be followed by a command", whole, part.start)
    rest = Part(part.text[named.end() :], part.start + named.end())
    return _STAGES.get(name, _command)(rest, whole, name)


def _generates(stage: t.Stage) -> bool:
    if isinstance(stage, t.Command):
        return stage.name not in _NEEDS_EVENTS
    return isinstance(stage, t.Macro | t.Search)


def _follows_space(part: Part, named: re.Match[str] | None) -> bool:
    return named is not None and not re.match(r"\s*(?:[=<>]|!=|$)", part.text[named.end() :])


def _command(rest: Part, whole: str, name: str) -> t.Stage:
    return t.Command(name, _parse("arguments", rest, whole), rest.text)


_STAGES: dict[str, Callable[[Part, str, str], t.Stage]] = {
    "search": lambda rest, whole, _: t.Search(_parse("search", rest, whole)),
    "where": lambda rest, whole, _: t.Where(_parse("expression", rest, whole)),
    "eval": lambda rest, whole, _: t.Eval(_parse("assignments", rest, whole)),
    "regex": lambda rest, whole, _: _parse("regex", rest, whole),
}


def _parse(start: str, part: Part, whole: str) -> Any:
    try:
        return _parser().parse(part.text, start=start)
    except VisitError as error:
        if isinstance(error.orig_exc, PolysigmaError):
            raise error.orig_exc from None
        raise
    except UnexpectedInput as error:
        at = _place(error, part.text)
        found = part.text[at : at + 20].split("\n")[0].strip()
        what = f"{found!r} is not expected here" if found else "the query ends too early"
        raise _broken(what, whole, part.start + at) from None
    except LarkError as error:
        raise _broken(str(error).splitlines()[0], whole, part.start) from None


def _place(error: Any, text: str) -> int:
    """Where the parser stopped; the end of the text where it wanted more."""
    at = error.pos_in_stream
    ended = at is None or at < 0 or getattr(getattr(error, "token", None), "type", "") == "$END"
    return len(text) if ended else int(at)


def _broken(what: str, whole: str, at: int) -> QueryError:
    line = whole.count("\n", 0, at) + 1
    column = at - whole.rfind("\n", 0, at)
    return QueryError(
        f"SPL, line {line}, column {column}: {what}",
        next_step="compare it with Splunk's Search Reference",
    )


@cache
def _parser() -> Lark:
    return grammar(grammar_text("spl"), _Builder(), start=_STARTS, maybe_placeholders=False)


@v_args(inline=True)
class _Builder(Transformer[Token, Any]):
    """From the parser's rules to the nodes of the tree."""

    def all_of(self, *args: t.Expression) -> t.Expression:
        return args[0] if len(args) == 1 else t.All(args)

    def any_of(self, *args: t.Expression) -> t.Expression:
        return args[0] if len(args) == 1 else t.Any(args)

    def negation(self, arg: t.Expression) -> t.Expression:
        return t.Negation(arg)

    def group(self, inner: t.Expression) -> t.Expression:
        return inner

    parenthesis = group

    def word(self, token: Token) -> t.Value:
        return t.Value(unescape_search(token))

    def quoted(self, token: Token) -> t.Value:
        return t.Value(unescape_search(token[1:-1]), quoted=True)

    def marked(self, token: Token) -> t.Value:
        mark, inner = token[:4], token[5:-1].strip()
        if '"' in inner:
            what = f"SPL: {mark}() around a quoted text is not documented"
            raise Unsupported(what, next_step="leave the quotes out")
        return t.Value(unescape_search(inner), mark="CASE" if mark == "CASE" else "TERM")

    def term(self, value: t.Value) -> t.Expression:
        if not value.quoted and value.text == "in":
            what = "SPL: `in` in small letters is not documented for `search`"
            raise Unsupported(what, next_step="write IN")
        return t.Term(value)

    def field_test(self, field: t.Value, op: Token, value: t.Value) -> t.Expression:
        if op == "==":
            what = "SPL: `==` is not documented for `search`"
            raise Unsupported(what, next_step="write =")
        if not value.quoted and not value.mark and value.text in _WORDS:
            what = f"SPL: {value.text} is a word of the language, not a value"
            raise QueryError(what, next_step="quote it")
        return t.FieldTest(_field(field), str(op), value)

    def field_in(self, field: t.Value, *values: t.Value) -> t.Expression:
        return t.FieldIn(_field(field), values)

    def macro(self, token: Token) -> t.Expression:
        return t.Macro(str(token))

    def subsearch(self, token: Token) -> t.Expression:
        return t.Subsearch(" ".join(token.split()))

    def xor(self, *args: t.Expression) -> t.Expression:
        return _chain(args[0], [("xor", arg) for arg in args[1:]])

    def chain(self, first: t.Expression, *rest: Any) -> t.Expression:
        return _chain(first, list(zip(rest[::2], rest[1::2], strict=True)))

    def binary(self, left: t.Expression, op: Token, right: t.Expression) -> t.Expression:
        return t.Binary("=" if op == "==" else str(op), left, right)

    def like(self, left: t.Expression, _: Token, right: t.Expression) -> t.Expression:
        return t.Call("like", (left, right))

    def inside(self, *args: t.Expression) -> t.Expression:
        return t.Call("in", args)

    def negative(self, arg: t.Expression) -> t.Expression:
        if isinstance(arg, t.Number):
            return t.Number(-arg.value)
        return t.Binary("-", t.Number(0), arg)

    def number(self, token: Token) -> t.Expression:
        return t.Number(int(token) if token.isdigit() else float(token))

    def text(self, token: Token) -> t.Expression:
        return t.Text(unescape_eval(token[1:-1]))

    def apart(self, token: Token) -> t.Expression:
        return t.Name(token[1:-1])

    def name(self, token: Token) -> t.Expression:
        if token in ("true", "false", "null"):
            what = f"SPL: {token} without parentheses may be a field or a literal"
            raise Unsupported(what, next_step=f"write {token}() or '{token}'")
        return t.Name(str(token))

    def call(self, name: Token, *args: t.Expression) -> t.Expression:
        return t.Call(name.lower(), args)

    def assignments(self, *pairs: tuple[str, t.Expression]) -> tuple[tuple[str, t.Expression], ...]:
        return pairs

    def assignment(self, target: Token, value: t.Expression) -> tuple[str, t.Expression]:
        return (target[1:-1] if target[0] in "'\"" else str(target), value)

    def regex(self, *tokens: Token) -> t.Matching:
        last = tokens[-1]
        pattern = unescape_regex(last[1:-1] if last.type == "STRING" else last)
        if len(tokens) == 1:
            return t.Matching("_raw", False, pattern)
        name = tokens[0][1:-1] if tokens[0].type == "STRING" else str(tokens[0])
        return t.Matching(name, tokens[1] == "!=", pattern)

    def arguments(self, *tokens: Token) -> tuple[t.Argument, ...]:
        return tuple(_argument(token) for token in tokens)


def _field(value: t.Value) -> str:
    if value.mark or "*" in value.text or (value.text[:1] == "'" and not value.quoted):
        what = f"SPL: {value.text!r} is no name of one field"
        raise Unsupported(what, next_step="name the field")
    return value.text


def _chain(first: t.Expression, rest: list[tuple[str, t.Expression]]) -> t.Expression:
    for op, arg in rest:
        first = t.Binary(str(op), first, arg)
    return first


def _argument(token: Token) -> t.Argument:
    start, end = token.start_pos or 0, token.end_pos or 0
    if token.type in ("STRING", "APART"):
        return t.Argument("text", token[1:-1], start, end)
    if token.type in ("SUBSEARCH", "MACRO"):
        return t.Argument("opaque", str(token), start, end)
    return t.Argument("word" if token.type == "ARGUMENT" else "sign", str(token), start, end)
