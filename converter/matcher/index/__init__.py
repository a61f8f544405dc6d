"""Which rules can match a record at all, told from its bytes (a prefilter that loses no match).

A predicate needs certain texts, keys and values in the bytes of an event (`needs`). For each rule
the rarest set of probes is chosen of which every match has one (`choosing`); all of them are looked
for at once over many records (`engines`). What is found is a candidate: the rule may match there.
Nowhere else can it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import ModuleType

from converter.matcher.index.choosing import Chooser, Sample, texts
from converter.matcher.index.engines import ANY, Engine, Hit, Store, engine, hyperscan
from converter.matcher.index.expressions import Expression, expressions
from converter.matcher.index.needs import NEVER, NOTHING, Need, Probe, Text, need
from converter.matcher.index.spelling import ODD, plain

__all__ = [
    "NEVER",
    "NOTHING",
    "Hit",
    "Index",
    "Need",
    "Rules",
    "Sample",
    "Store",
    "count_texts",
    "hyperscan",
    "need",
    "plain",
]

Rules = tuple[int, ...]

ESCAPES = (rb"\\u00[0-7]", rb"\\u212[aA]", rb"\\u017[fF]")
_SLASH = rb"\\/"
_KELVIN, _LONG_S = b"\xe2\x84\xaa", b"\xc5\xbf"


class Index:
    """The rules, by number, that a record of JSON can match.

    `needs` holds for each rule what it needs; `sample`, if given, some of the data. `always` are
    the rules that can match whatever the record holds. `odd` are regular expressions for records of
    which the user of the index wants to know, `odd_escaped` those that only fit a backslash beside.
    `store` keeps what takes long to compile.
    """

    def __init__(
        self,
        needs: Sequence[Need],
        sample: Sample | None = None,
        module: ModuleType | None = None,
        odd: Sequence[bytes] = (),
        odd_escaped: Sequence[bytes] = (),
        store: Store | None = None,
    ) -> None:
        chooser = Chooser(needs, sample or Sample())
        chosen = [chooser.choice(one) for one in needs]
        self.always: Rules = tuple(at for at, choice in enumerate(chosen) if choice is None)
        self._rules: dict[Probe, list[int]] = {}
        for number, choice in enumerate(chosen):
            for probe in choice or ():
                self._rules.setdefault(probe, []).append(number)
        self._expressions = expressions(self._rules)
        self._all: Rules = tuple(sorted({n for rules in self._rules.values() for n in rules}))
        self._engine: Engine = engine([one.pattern for one in self._expressions], module, store)
        slash = any(isinstance(probe, Text) and "/" in probe.text for probe in self._rules)
        escapes = [*ESCAPES, *[_SLASH] * slash]
        # Apart: together they are slower, as each alone is looked for in a way of its own.
        self._escaped = [engine(escapes, module), *(engine([one], module) for one in odd_escaped)]
        self._odd: Engine = engine(odd, module)
        self._folded: Engine = engine([_KELVIN, _LONG_S], module)
        self._known: dict[tuple[Probe, ...], Rules] = {}

    def scan(self, data: bytes) -> list[Hit]:
        """Where something is found in these records, as numbers for `rules` and ends of hits."""
        return self._engine.scan(data)

    def odd(self, data: bytes) -> list[int]:
        """The ends of spellings in these records that `scan` does not see through.

        The rules of a record that holds one are those of `rules_of`. With them come the ends of
        what else was called odd.
        """
        found = [end for _, end in self._odd.scan(data)]
        if b"\\" in data:
            found += [end for one in self._escaped for _, end in one.scan(data)]
        if not data.isascii():
            found += [end for _, end in self._folded.scan(data)]
        return found

    def rules(self, data: bytes, hits: Iterable[Hit]) -> Rules:
        """The rules, in order, that these hits of one record stand for."""
        found: set[int] = set()
        for number, end in hits:
            if number == ANY:
                return self._all
            found.update(self._meant(self._expressions[number], data, end))
        return tuple(sorted(found))

    def rules_of(self, record: bytes) -> Rules:
        """The rules, in order, that one record can match, however it is spelled; not `always`."""
        seen = plain(record) if ODD.search(record) else record
        return self.rules(seen, self._engine.scan(seen))

    def _meant(self, expression: Expression, data: bytes, end: int) -> Rules:
        probes = expression.found(data, end)
        known = self._known.get(probes)
        if known is None:
            numbers = {number for probe in probes for number in self._rules[probe]}
            known = self._known[probes] = tuple(sorted(numbers))
        return known


def count_texts(
    sample: Sample,
    needs: Sequence[Need],
    data: bytes,
    module: ModuleType | None,
    store: Store | None = None,
) -> None:
    """Count in the sample how often the texts that the needs look for stand in the data."""
    wanted = texts(needs, sample)
    lower = data.lower()
    sample.counted.update(wanted)
    if module is None:
        sample.texts.update({one: lower.count(one.encode()) for one in wanted})
        return
    known = expressions(Text(one) for one in wanted)
    names = [probe.text for one in known for probe in one.probes if isinstance(probe, Text)]
    found = engine([one.pattern for one in known], module, store).scan(lower)
    sample.texts.update(names[number] for number, _ in found)
