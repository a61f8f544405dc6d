"""Functions of EQL as plans: cidrMatch and the tests of text; all others run as scripts."""

from __future__ import annotations

from converter.languages import eql_tree as t
from converter.languages.eql_operands import Operand, Test, check_text, script, wrong
from converter.languages.eql_patterns import pattern_of_glob
from converter.languages.eql_plan import Column, Like, Plan, some
from converter.languages.eql_values import STRINGS, inside, refused
from converter.predicate import Wildcard

_SCRIPTS = frozenset(
    "add between concat divide indexof length modulo multiply number string substring "
    "subtract".split()
)
_TEXT_TESTS = frozenset({"startswith", "endswith", "stringcontains"})
_FOLDED = _TEXT_TESTS | {"between", "indexof"}


def apply(call: t.Call, args: list[Operand]) -> Operand:
    """A function of resolved arguments. Raises QueryError, Unsupported for scripts."""
    name = call.name.lower()
    if name not in _SCRIPTS | _TEXT_TESTS | {"cidrmatch"}:
        raise wrong(f"there is no function {call.name}", call.place)
    if call.folded and name not in _FOLDED:
        raise wrong(f"{call.name} takes no ~", call.place, "parse")
    if name == "cidrmatch":
        return Test(_cidr_match(args, call.place))
    if name in _TEXT_TESTS:
        return Test(_text_test(name, args, not call.folded, call.place))
    if t.Const(None) in args:
        return t.Const(None)
    if name == "string" and len(args) == 1:
        (arg,) = args
        if isinstance(arg, Column) and arg.type in STRINGS and not arg.analysed:
            return arg
    raise script(f"the function {call.name}")


def _text_test(name: str, args: list[Operand], cased: bool, place: t.Place) -> Plan:
    if len(args) != 2:
        raise wrong(f"{name} takes two arguments", place, "parse")
    for arg in args:
        check_text(arg, place)
    if t.Const(None) in args:
        return None
    field, text = args
    if not isinstance(field, Column) or not isinstance(text, t.Const):
        raise script(f"{name} on anything but a field and a text")
    part = str(text.value)
    if name == "startswith":
        return Like(field, (part, Wildcard.MANY), cased)
    tail = "*" if name == "stringcontains" else ""
    return Like(field, pattern_of_glob(f"*{part}{tail}"), cased)


def _cidr_match(args: list[Operand], place: t.Place) -> Plan:
    if len(args) < 2:
        raise wrong("cidrMatch takes a field and networks", place, "parse")
    field, *networks = args
    if isinstance(field, Column) and field.type not in ("ip", "unknown"):
        raise refused(field, "cidrMatch takes an ip field")
    if not isinstance(field, Column) and field != t.Const(None):
        raise wrong("cidrMatch takes an ip field", place)
    texts = [network.value if isinstance(network, t.Const) else 0 for network in networks]
    if not all(isinstance(text, str) for text in texts):
        raise wrong("cidrMatch takes networks as text", place)
    if not isinstance(field, Column):
        return None
    return some(inside(field, str(text)) for text in texts)
