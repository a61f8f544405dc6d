"""What a scan looks for rules with, whatever the log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType

from converter.matcher import Event
from converter.matcher.index import Asked, Index, Need, Rules, Sample, Store, hyperscan, native
from converter.matcher.origins import Origins
from converter.matcher.routing import Route
from converter.scan.alike import Reads

Routing = Callable[[Event], Route]


@dataclass(frozen=True)
class Tools:
    """What does not change while a log is read: what rules need, and what helps to look for it.

    `reads` tells on what a rule depends, None where that is the whole event, or wanted.
    """

    needs: Callable[[], Sequence[Need]]
    asked: Callable[[], Asked]
    routing: Routing | None = None
    origins: Origins | None = None
    store: Store | None = None
    reads: Callable[[int], Reads | None] = lambda rule: None
    module: ModuleType | None = field(default_factory=hyperscan)
    native: ModuleType | None = field(default_factory=native)

    def index(self, needs: Mapping[int, Need], rows: Sequence[bytes], sample: Sample) -> Index:
        """An index whose choices rest on these rows, which the sample holds."""
        sample.see(rows)
        return Index(needs, sample, self.module, self.store, self.native)


def merged(rules: Rules, always: Rules) -> Rules:
    """Both, in order."""
    return tuple(sorted({*rules, *always})) if rules and always else rules or always
