"""Real changes of a predicate are found, with an event that shows them; harmless ones proved."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from converter import predicate as p
from converter.errors import RuleError
from converter.lower import as_stored, lower, tree
from converter.matcher import compile_predicate
from converter.pipelines import Facts, Pipelines
from converter.proof import Proof, describe, prove
from converter.rules import Rule, read_rules

ROOT = Path(__file__).parent.parent
ID = "00000000-0000-4000-8000-000000000001"
Change = Callable[[p.Predicate, random.Random], p.Predicate | None]


def keyword(name: str) -> Facts:
    return Facts(name, "keyword")


def case_rules() -> Iterator[Rule]:
    """The rules of the language cases, as whole rules."""
    for path in sorted((ROOT / "tests/cases/languages").glob("*.yml")):
        for case in yaml.safe_load(path.read_text("utf-8")):
            if "selections" in case:
                detection = case["selections"] | {"condition": case["condition"]}
            else:
                detection = {"a": case.get("keywords") or case["detection"], "condition": "a"}
            data = {"title": "t", "id": ID, "logsource": {"product": "p"}, "detection": detection}
            yield Rule(f"{path.stem}: {case['name']}", "case", 0, "rule", data, "")


def predicates() -> dict[str, p.Predicate]:
    """Predicates of the shipped rules and of the language cases."""
    shipped = [rule for rule in read_rules([ROOT / "sigma_rules"]).rules if rule.kind == "rule"]
    lists = Pipelines()
    found = {
        rule.path: as_stored(lower(rule, lists.expand(tree(rule))), keyword)
        for rule in (*case_rules(), *shipped)
    }
    return {path: predicate for path, predicate in found.items() if can_run(predicate)}


def can_run(predicate: p.Predicate) -> bool:
    """Whether the matcher takes it; one case is about look-around, which it does not."""
    try:
        compile_predicate(predicate)
    except RuleError:
        return False
    return True


def nodes(predicate: p.Predicate, path: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    """The place of every node, as the numbers of the arguments that lead there."""
    yield path
    args = predicate.args if isinstance(predicate, p.And | p.Or) else ()
    if isinstance(predicate, p.Not):
        args = (predicate.arg,)
    for number, arg in enumerate(args):
        yield from nodes(arg, (*path, number))


def at(predicate: p.Predicate, path: tuple[int, ...]) -> p.Predicate:
    for number in path:
        predicate = predicate.arg if isinstance(predicate, p.Not) else predicate.args[number]
    return predicate


def put(predicate: p.Predicate, path: tuple[int, ...], new: p.Predicate) -> p.Predicate:
    """The predicate with another node in that place."""
    if not path:
        return new
    if isinstance(predicate, p.Not):
        return p.Not(put(predicate.arg, path[1:], new))
    args = list(predicate.args)
    args[path[0]] = put(args[path[0]], path[1:], new)
    return type(predicate)(tuple(args))


def operator(node: p.Predicate, rng: random.Random) -> p.Predicate | None:
    """Another operator: and for or, an order for another, a test of its own kind."""
    if isinstance(node, p.And | p.Or) and len(node.args) > 1:
        return p.Or(node.args) if isinstance(node, p.And) else p.And(node.args)
    if isinstance(node, p.Compare):
        return replace(node, op=rng.choice([op for op in ("<", "<=", ">", ">=") if op != node.op]))
    if isinstance(node, p.Exists):
        return p.Null(node.field)
    if isinstance(node, p.Equals) and isinstance(node.value, str):
        return p.Glob(node.field, (node.value, p.Wildcard.MANY), node.cased)
    if isinstance(node, p.FieldCompare):
        return replace(node, relation="contains" if node.relation != "contains" else "equals")
    return None


def value(node: p.Predicate, rng: random.Random) -> p.Predicate | None:
    """Another value."""
    if isinstance(node, p.Equals) and isinstance(node.value, str):
        return replace(node, value=other_text(node.value, rng))
    if isinstance(node, p.Equals) and not isinstance(node.value, bool):
        return replace(node, value=node.value + 1)
    if isinstance(node, p.Glob):
        return replace(node, pattern=other_pattern(node.pattern, rng))
    if isinstance(node, p.Keyword):
        return replace(node, pattern=other_pattern(node.pattern, rng))
    if isinstance(node, p.Compare) and not isinstance(node.value, str):
        return replace(node, value=node.value + rng.choice([-1, 1]))
    if isinstance(node, p.Regex | p.KeywordRegex):
        return replace(node, pattern=node.pattern + "q")
    if isinstance(node, p.TimePart):
        return replace(node, value=node.value + 1)
    return None


def other_text(text: str, rng: random.Random) -> str:
    place = rng.randint(0, len(text))
    return text[:place] + "7" + text[place:]


def other_pattern(pattern: p.Pattern, rng: random.Random) -> p.Pattern:
    """A wildcard dropped, or a text changed."""
    place = rng.randrange(len(pattern)) if pattern else 0
    piece = pattern[place] if pattern else ""
    if isinstance(piece, str):
        return (*pattern[:place], other_text(piece, rng), *pattern[place + 1 :])
    return (*pattern[:place], *pattern[place + 1 :])


def case(node: p.Predicate, rng: random.Random) -> p.Predicate | None:
    """The other case rule."""
    if isinstance(node, p.Equals | p.Glob | p.Keyword | p.FieldCompare):
        return replace(node, cased=not node.cased)
    if isinstance(node, p.Regex | p.KeywordRegex):
        flags = node.flags.replace("i", "") if "i" in node.flags else node.flags + "i"
        return replace(node, flags=flags)
    return None


def parenthesis(node: p.Predicate, rng: random.Random) -> p.Predicate | None:
    """`a and (b or c)` as `(a and b) or c`, `not (a and b)` as `(not a) and b`, or without not."""
    if isinstance(node, p.Not):
        group = node.arg
        if isinstance(group, p.And | p.Or) and len(group.args) > 1:
            return type(group)((p.Not(group.args[0]), *group.args[1:]))
        return group
    if isinstance(node, p.And | p.Or) and len(node.args) > 1:
        first, last = node.args[:-1], node.args[-1]
        if isinstance(last, p.And | p.Or) and type(last) is not type(node) and len(last.args) > 1:
            inner = type(node)((*first, last.args[0]))
            return type(last)((inner, *last.args[1:]))
    return None


def left_out(node: p.Predicate, rng: random.Random) -> p.Predicate | None:
    """One argument less."""
    if not isinstance(node, p.And | p.Or) or len(node.args) < 2:
        return None
    place = rng.randrange(len(node.args))
    return type(node)((*node.args[:place], *node.args[place + 1 :]))


def name(node: p.Predicate, rng: random.Random) -> p.Predicate | None:
    """Another field."""
    return replace(node, field=node.field + "2") if hasattr(node, "field") else None


REAL: dict[str, Change] = {
    "operator": operator,
    "value": value,
    "case": case,
    "parenthesis": parenthesis,
    "left out": left_out,
    "field": name,
}


def reordered(node: p.Predicate, rng: random.Random) -> p.Predicate | None:
    if not isinstance(node, p.And | p.Or) or len(node.args) < 2:
        return None
    return type(node)(tuple(rng.sample(node.args, len(node.args))))


def doubled(node: p.Predicate, rng: random.Random) -> p.Predicate | None:
    return rng.choice([p.And, p.Or])((node, p.And((node,))))


def absorbed(node: p.Predicate, rng: random.Random) -> p.Predicate | None:
    extra = p.Equals("extra", "1")
    return rng.choice([p.And((node, p.Or((extra, node)))), p.Or((node, p.And((node, extra))))])


def de_morgan(node: p.Predicate, rng: random.Random) -> p.Predicate | None:
    if not isinstance(node, p.And | p.Or):
        return None
    dual = p.Or if isinstance(node, p.And) else p.And
    return p.Not(dual(tuple(p.Not(arg) for arg in node.args)))


def distributed(node: p.Predicate, rng: random.Random) -> p.Predicate | None:
    if not isinstance(node, p.And | p.Or):
        return None
    for place, arg in enumerate(node.args):
        if isinstance(arg, p.And | p.Or) and type(arg) is not type(node):
            rest = (*node.args[:place], *node.args[place + 1 :])
            return type(arg)(tuple(type(node)((one, *rest)) for one in arg.args))
    return None


def case_split(node: p.Predicate, rng: random.Random) -> p.Predicate | None:
    """With or without another test: the same."""
    extra = p.Glob("extra", ("a", p.Wildcard.MANY))
    return p.Or((p.And((node, extra)), p.And((p.Not(extra), node))))


def implied(node: p.Predicate, rng: random.Random) -> p.Predicate | None:
    """A test together with what follows from it."""
    if isinstance(node, p.Equals) and isinstance(node.value, str):
        start = node.value[: len(node.value) // 2]
        return p.And((node, p.Glob(node.field, (start, p.Wildcard.MANY))))
    if isinstance(node, p.Equals | p.Glob | p.Regex):
        return p.And((node, p.Exists(node.field), p.Not(p.Null(node.field)), p.Single(node.field)))
    if isinstance(node, p.Compare) and node.op in ("<=", ">=") and not isinstance(node.value, str):
        return p.Or((replace(node, op=node.op[0]), node))
    return None


HARMLESS: dict[str, Change] = {
    "reordered": reordered,
    "doubled": doubled,
    "absorbed": absorbed,
    "De Morgan": de_morgan,
    "distributed": distributed,
    "split by another test": case_split,
    "implied": implied,
}


def changed(predicate: p.Predicate, change: Change, rng: random.Random) -> Iterator[p.Predicate]:
    """The predicate with this change in one place, for each place where it can be made."""
    for path in nodes(predicate):
        new = change(at(predicate, path), rng)
        if new is not None:
            yield put(predicate, path, new)


PREDICATES = predicates()


def outcome(rule: p.Predicate, query: p.Predicate) -> Proof:
    return prove(rule, query, keyword, compile_predicate)


def is_confirmed(proof: Proof, rule: p.Predicate, query: p.Predicate) -> bool:
    """Whether the counterexamples are what the verdict says, one for each direction."""
    seen = [
        (compile_predicate(rule)(event), compile_predicate(query)(event))
        for event in proof.counterexamples
    ]
    expected = {"widens": [(False, True)], "narrows": [(True, False)]}
    return seen == expected.get(proof.verdict, [(False, True), (True, False)])


def no_event_differs(rule: p.Predicate, query: p.Predicate) -> bool:
    """Whether both agree on many events near to what they ask for."""
    rng = random.Random(7)
    one, other = compile_predicate(rule), compile_predicate(query)
    values: dict[str, list[object]] = {}
    for test in (*p.tests(rule), *p.tests(query)):
        field = "text" if isinstance(test, p.Keyword | p.KeywordRegex) else test.field
        values.setdefault(field, [None, "x", ""]).extend(samples(test))
    for _ in range(400):
        names = [name for name in values if rng.random() < 0.9]
        event = {name: rng.choice(values[name]) for name in names}
        event = {name: value for name, value in event.items() if value is not None}
        if one(event) != other(event):
            return False
    return True


def samples(test: p.Test) -> Iterator[object]:
    """Values that fit a test, and some that nearly do."""
    if isinstance(test, p.Equals):
        text = str(test.value)
        yield from (test.value, text.lower(), text.upper(), text + "x", "x" + text)
    elif isinstance(test, p.Glob | p.Keyword):
        for filler in ("", "x"):
            text = "".join(filler if isinstance(q, p.Wildcard) else q for q in test.pattern)
            yield from (text, text.lower(), text.upper(), text + "x", "x" + text)
    elif isinstance(test, p.Compare) and not isinstance(test.value, str):
        yield from (test.value, test.value + 1, test.value - 1)


@pytest.mark.parametrize("kind", REAL)
@pytest.mark.parametrize("path", PREDICATES)
def test_real_changes_are_found(path: str, kind: str) -> None:
    """A changed operator, value, case, parenthesis, argument or field is shown by an event."""
    rule = PREDICATES[path]
    rng = random.Random(f"{path} {kind}")
    for place in nodes(rule):
        old = at(rule, place)
        new = REAL[kind](old, rng)
        if new is None:
            continue
        query = put(rule, place, new)
        proof = outcome(rule, query)
        if proof.verdict == "proved":
            assert no_event_differs(rule, query)
        else:
            assert proof.verdict != "undecided"
            assert is_confirmed(proof, rule, query)
            assert describe(proof)


@pytest.mark.parametrize("kind", HARMLESS)
@pytest.mark.parametrize("path", PREDICATES)
def test_harmless_changes_are_proved(path: str, kind: str) -> None:
    """Order, doubles, De Morgan, distribution and what follows anyway change nothing."""
    rule = PREDICATES[path]
    for query in changed(rule, HARMLESS[kind], random.Random(f"{path} {kind}")):
        proof = outcome(rule, query)
        assert proof.verdict == "proved", "\n".join(describe(proof))
