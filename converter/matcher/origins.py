"""What a record's first value proves of its log source, and what rules of others then need.

A rule is tried on an event of which nothing is known, and on one that is known to be its own. Where
the first key and value of a record prove what it is, a rule for another product can match only if
the record is recognised as that product, too: it needs what the recognisers look for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from converter import predicate as p
from converter.matcher.index import Need, Sample, need
from converter.matcher.index.choosing import Chooser
from converter.matcher.index.needs import either, every
from converter.matcher.routing import Known
from converter.pipelines.log_sources import LogSources, Recogniser, View

_RARE = 1e-3


class Origins:
    """The log sources of rules, by number, and how events of all log sources are recognised."""

    def __init__(
        self, rules: Sequence[Mapping[str, str]], sources: LogSources, view: View = "native"
    ) -> None:
        self._rules = rules
        self._sources = sources
        self._view: View = view
        self._products = cache(self._tried_on)
        self._by_product: dict[str, list[Recogniser]] = {}
        for one in sources.recognisers(view):
            self._by_product.setdefault(one.source.product, []).append(one)

    def needs(self, known: Known, needs: Sequence[Need], sample: Sample) -> list[Need] | None:
        """What each rule needs of a record that is known to be this, besides what else it is.

        None where they need what they need of every record.
        """
        mine = {one.product for one in known}
        tried = [self._products(tuple(sorted(one.items()))) for one in self._rules]
        if not any(mine.isdisjoint(one) for one in tried):
            return None
        looks = cache(self._look)
        groups = cache(lambda products: either(map(looks, products)))
        chooser = Chooser((), sample, effort=0)
        rare = cache(lambda products: chooser.cost(groups(products)) < _RARE)
        found = []
        for products, one in zip(tried, needs, strict=True):
            if not mine.isdisjoint(products):
                found.append(one)
            elif not products or rare(products):
                found.append(groups(products))
            else:
                found.append(every((one, groups(products))))
        return found

    def _tried_on(self, logsource: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
        """The products on events of which such a rule may be tried."""
        rule, view = dict(logsource), self._view
        return tuple(
            sorted(one for one in self._by_product if self._sources.may_try(rule, one, view))
        )

    def _look(self, product: str) -> Need:
        """What a record needs to be recognised as this product."""
        return either(_need(one) for one in self._by_product[product])


def _need(recogniser: Recogniser) -> Need:
    tests = (
        p.Or(tuple(_test(name, value) for value in values)) for name, values in recogniser.selection
    )
    return need(p.And(tuple(tests)), recogniser.shape.clue)


def _test(name: str, value: str) -> p.Predicate:
    if value == "*":
        return p.Exists(name)
    if "*" not in value:
        return p.Equals(name, value)
    pieces = [piece for part in value.split("*") for piece in (p.Wildcard.MANY, part)][1:]
    return p.Glob(name, p.tidy(pieces))
