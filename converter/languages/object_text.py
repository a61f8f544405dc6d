"""Keys of an object that a query does not reach, sought in the text of the whole object.

Elasticsearch may keep an object as a flattened field, whose keys EQL does not see and whose values
take no wildcards, and beside it as the text that Java prints of a map: `{a=1, b={c=[x, y]}}`, keys
in any order. That text is searched for the path of keys and the value behind it, which is no more
than near: another key of the object can stand between.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from converter import predicate as p
from converter.languages.arranging import Choice, Networks
from converter.languages.emitter import Emitter, Said
from converter.pipelines import Facts

_SPECIAL = re.compile(r"([.*+?^$()\[\]{}|\\])")
_WILD = {p.Wildcard.MANY: ".*", p.Wildcard.ONE: "."}
_ENDS = r"[,}\]]"
_Sought = p.Equals | p.Glob | p.Exists


class ObjectText(Emitter):
    """Says tests of keys out of reach as expressions over the object's text, with a named loss."""

    def reads_key(self, test: _Sought) -> bool:
        """Whether the language has the test of a key of a flattened field."""
        if isinstance(test, p.Glob):
            *start, end = test.pattern or ("",)
            return end is not p.Wildcard.ONE and all(isinstance(piece, str) for piece in start)
        return True

    def say_test(self, test: p.Test) -> Said:
        there = self._sought((p.Exists(test.field),)) if isinstance(test, p.Null) else None
        if there is not None:
            return self.negate(super().say_test(there))
        return super().say_test(self._sought((test,)) or test)

    def say_choice(self, part: p.Predicate | Choice | Networks) -> Said:
        if isinstance(part, Choice):
            sought = self._sought(part.tests)
            if sought is not None:
                return super().say_test(sought)
        return super().say_choice(part)

    def _sought(self, tests: Sequence[p.Test]) -> p.Regex | None:
        """Any of these tests of one key, where the language lacks one and the text is there."""
        known = [test for test in tests if isinstance(test, p.Equals | p.Glob | p.Exists)]
        if len(known) < len(tests):
            return None
        facts = self.facts_of(known[0].field)
        if facts.type != "flattened" or not facts.text or all(map(self.reads_key, known)):
            return None
        if facts.canonical:
            self.assume(f"{facts.name} keeps its provider's spelling")
        path = path_in_text(facts)
        ways: dict[tuple[str, str], list[str]] = {}
        for start, value, end in (_value(test, facts.canonical) for test in known):
            ways.setdefault((start, end), []).append(value)
        found = [start + _any(values) + end for (start, end), values in ways.items()]
        return p.Regex(facts.text, f"[{{ ]{path}={_any(found)}", "s")


def path_in_text(facts: Facts) -> str:
    """An expression for the keys on the way to a key, this one last."""
    return "=.*[{ ]".join(map(_plain, facts.key.split(".")))


def _value(test: _Sought, canonical: bool) -> tuple[str, str, str]:
    """What follows the key: what stands before the value, the value alone or in a list, its end."""
    if isinstance(test, p.Exists):
        return "", "", ""
    pattern = test.pattern if isinstance(test, p.Glob) else (_text(test.value),)
    begins, ends = pattern[:1] != (p.Wildcard.MANY,), pattern[-1:] != (p.Wildcard.MANY,)
    spelt = _plain if test.cased or canonical else _folded
    inner = pattern[not begins : len(pattern) - (not ends)]
    body = "".join(spelt(one) if isinstance(one, str) else _WILD[one] for one in inner)
    return r"(\[.*)?" if begins else ".*", body, _ENDS if ends else ""


def _any(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"({'|'.join(parts)})"


def _text(value: p.Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def _folded(text: str) -> str:
    """The text in any case; letters whose other case is not one letter stand as they are."""
    return "".join(
        f"[{one}{one.swapcase()}]"
        if len(one.swapcase()) == 1 and one != one.swapcase()
        else _plain(one)
        for one in text
    )
