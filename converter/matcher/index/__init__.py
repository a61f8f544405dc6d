"""Which rules can match a record at all, told from its bytes (a prefilter that loses no match).

A predicate needs certain texts, keys and values in the bytes of an event (`needs`). For each rule
the rarest set of probes is chosen of which every match has one (`choosing`); all of them are looked
for at once over many records (`engines`). What is found is a candidate: the rule may match there.
Nowhere else can it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType

from converter.matcher.index.among import Among, Plan
from converter.matcher.index.asking import Asked, asked
from converter.matcher.index.choosing import Choice, Chooser, Sample
from converter.matcher.index.engines import ANY, Engine, Hit, Store, engine, hyperscan, native
from converter.matcher.index.expressions import Mark, expressions
from converter.matcher.index.masks import Masks
from converter.matcher.index.needles import MOST, Needle, Needles, Spot, needles_of
from converter.matcher.index.needs import NEVER, NOTHING, Need, Probe, Text, need
from converter.matcher.index.spelling import ODD, plain

__all__ = [
    "NEVER",
    "NOTHING",
    "Among",
    "Asked",
    "Hit",
    "Index",
    "Masks",
    "Need",
    "Plan",
    "Rules",
    "Sample",
    "Spot",
    "Store",
    "asked",
    "hyperscan",
    "native",
    "need",
    "plain",
]

Rules = tuple[int, ...]

_MOST = 20_000


class Index:
    """The rules, by number, that a record of JSON can match.

    `needs` holds for each rule, by its number, what it needs; `sample`, if given, some of the data.
    `always` are the rules that can match whatever the record holds, `share` is how many hits there
    are in one record of the sample, on average. `store` keeps what takes long to compile. `module`
    looks for regular expressions, `native` for needles (see `engines` and `needles`).
    """

    def __init__(
        self,
        needs: Mapping[int, Need],
        sample: Sample | None = None,
        module: ModuleType | None = None,
        store: Store | None = None,
        native: ModuleType | None = None,
    ) -> None:
        sample = sample or Sample()
        chooser = Chooser(needs.values(), sample)
        chosen = {number: chooser.choice(one) for number, one in needs.items()}
        self.always: Rules = tuple(at for at, choice in chosen.items() if choice is None)
        self._rules = _by_probe(chosen)
        self.share = sum(map(sample.share, self._rules)) + len(self.always)
        self._expressions = expressions(self._rules)
        self._all: Rules = tuple(sorted({n for rules in self._rules.values() for n in rules}))
        self._sought(sample.rows, module, store, native)
        texts = (probe.text for probe in self._rules if isinstance(probe, Text))
        self.slash = any("/" in text for text in texts)
        self._of: dict[tuple[int | Mark, ...], Rules] = {}
        self._alone: dict[int, Rules] = {}

    def _sought(
        self,
        sample: bytes,
        module: ModuleType | None,
        store: Store | None,
        native: ModuleType | None,
    ) -> None:
        """What is looked for by which engine: needles, and the patterns of what is none."""
        numbered = list(enumerate(self._expressions))
        found = [one for at, expression in numbered for one in needles_of(at, expression.probes)]
        made = Needles(native, found, sample) if native and 0 < len(found) <= MOST else None
        self._needles = made if made and made.pays else None
        self.needles: list[Needle] = found if self._needles else []
        done = {one.number for one in self.needles}
        patterns = {at: one.pattern for at, one in numbered if at not in done}
        self.others: Engine = engine(patterns, module, store)
        self.rows = sample

    def scan(self, data: bytes) -> list[Hit]:
        """Where something is found in these records, as ends of hits and numbers for `rules`.

        Not what is spelled in an odd way: the rules of such a record are those of `rules_of`.
        """
        found = self.others.scan(data)
        return found + self._needles.scan(data) if self._needles else found

    def rules(self, data: bytes, hits: Sequence[Hit]) -> Rules:
        """The rules, in order, that these hits of one record stand for, without `always`."""
        if len(hits) == 1 and (alone := self._alone.get(hits[0][1])) is not None:
            return alone
        found: set[int | Mark] = set()
        for end, number in hits:
            if number == ANY:
                return self._all
            found.add(self._expressions[number].mark(data, end) or number)
        marks = tuple(found)
        known = self._of.get(marks)
        if known is None:
            known = self._remember(marks)
        if len(hits) == 1 and not self._expressions[hits[0][1]].key:
            self._alone[hits[0][1]] = known
        return known

    def rules_of(self, record: bytes) -> Rules:
        """The rules, in order, that one record can match, however it is spelled; not `always`."""
        seen = plain(record) if ODD.search(record) else record
        return self.rules(seen, self.scan(seen))

    def _remember(self, marks: tuple[int | Mark, ...]) -> Rules:
        """The rules of these marks of one record, kept for the next such record."""
        numbers: set[int] = set()
        for mark in marks:
            probes = self._expressions[mark].probes if isinstance(mark, int) else mark.probes
            numbers.update(number for probe in probes for number in self._rules[probe])
        if len(self._of) < _MOST:
            self._of[marks] = tuple(sorted(numbers))
        return tuple(sorted(numbers))


def _by_probe(chosen: Mapping[int, Choice | None]) -> dict[Probe, list[int]]:
    """The rules for each probe; of rules with the same choice it is gone through once."""
    alike: dict[int, tuple[Choice, list[int]]] = {}
    for number, choice in chosen.items():
        if choice is not None:
            alike.setdefault(id(choice), (choice, []))[1].append(number)
    found: dict[Probe, list[int]] = {}
    for choice, numbers in alike.values():
        for probe in choice:
            found.setdefault(probe, []).extend(numbers)
    return found
