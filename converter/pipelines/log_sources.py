"""Log sources of events: how an event is recognised, and which rules can be meant for it.

One YAML file per product under `pipelines/logsources/`. An entry under `sources:` states a service,
categories or both, and how its events look: under `native:`, `ecs:` or `splunk:`, or under `where:`
for all three, a map from fields to values that must all be there, or a list of such maps. Values
are compared without case, `*` stands for any run of characters, a lone `*` for any value. An entry
`within` a service adds to what its events look like. One that is `last` counts where no other does.

The policy, which loses no match:

1. An event that no entry recognises is tried against every rule.
2. A recognised event is tried against a rule unless they surely differ. A word of the rule
   (product, category, service) differs when the event has another product or service, and when
   the catalogue could have recognised the word in an event of this product, but did not. A rule
   must share at least one word with the event, unless the event's entry is `open`: a log in which
   products of any kind write.
3. A rule without a log source is tried on every event.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from converter.errors import PipelineError
from converter.pipelines import windows_tables
from converter.pipelines.shapes import Aliases, Shape, read_shape, together

View = Literal["native", "ecs", "splunk"]
VIEWS: tuple[View, ...] = ("native", "ecs", "splunk")
WORDS = ("product", "service", "category")

_TABLES = {"pysigma windows": (windows_tables.entries, windows_tables.aliases)}

Selection = tuple[tuple[str, tuple[str, ...]], ...]
"""Fields and, for each, the values of which one must be there."""


@dataclass(frozen=True, slots=True)
class LogSource:
    """What an event is known to be. `open`: it may be of a category besides that no entry knows."""

    product: str
    service: frozenset[str] = frozenset()
    category: frozenset[str] = frozenset()
    open: bool = False

    def __str__(self) -> str:
        words = {"product": [self.product], "service": self.service, "category": self.category}
        return written({word: "|".join(sorted(values)) for word, values in words.items()})

    def states(self, word: str) -> bool:
        """Whether no other value of the word can be the event's; it can be of many categories."""
        return word == "product" or (word == "service" and bool(self.service))

    def has(self, word: str, value: str) -> bool:
        """Whether the event has this word."""
        return value == self.product if word == "product" else value in getattr(self, word)


@dataclass(frozen=True, slots=True)
class Recogniser:
    """One log source, the fields and values that give it away, and where events hold the fields."""

    source: LogSource
    selection: Selection
    shape: Shape
    last: bool = False


@dataclass(frozen=True)
class _Product:
    name: str
    entries: tuple[Mapping[str, Any], ...]
    shapes: Mapping[str, Shape] = field(default_factory=dict)

    def within(self, service: str, view: View) -> list[Selection]:
        """How a service's events look; one that says nothing of itself looks like anything."""
        mine = [one for one in self.entries if one.get("service") == service]
        return [found for one in mine if "within" not in one for found in _selections(one, view)]


class LogSources:
    """The log sources of all folders. Raises PipelineError where a file describes none."""

    def __init__(self, folders: Sequence[Path]) -> None:
        files: dict[str, Path] = {}
        for folder in reversed(folders):
            files |= {path.stem: path for path in sorted((folder / "logsources").glob("*.yml"))}
        self._products = [_load(path) for _, path in sorted(files.items())]
        self._recognisers: dict[View, tuple[Recogniser, ...]] = {}
        self._known: dict[View, frozenset[tuple[str, str, str]]] = {}

    def recognisers(self, view: View) -> tuple[Recogniser, ...]:
        """Every recogniser of events in one view."""
        if view not in self._recognisers:
            found = tuple(one for product in self._products for one in _recognisers(product, view))
            self._recognisers[view] = found
            self._known[view] = frozenset(_words(one.source for one in found))
        return self._recognisers[view]

    def recognisable(self, logsource: Mapping[str, str], view: View) -> bool:
        """Whether an event of this log source can be told from others in this view at all."""
        return any(
            all(one.source.has(word, value) for word, value in logsource.items())
            for one in self.recognisers(view)
        )

    def only(self, view: View) -> LogSources:
        """The same for events of one view, small enough to be kept; it knows no shapes."""
        found = LogSources(())
        found._recognisers[view] = self.recognisers(view)
        found._known[view] = self._known[view]
        return found

    def tries(self, logsource: Mapping[str, str], event: LogSource, view: View) -> bool:
        """Whether a rule of this log source is tried on events of that one (the policy above)."""
        self.recognisers(view)
        shared = event.open or not logsource
        for word, value in logsource.items():
            if event.has(word, value):
                shared = True
            elif event.states(word) or (event.product, word, value) in self._known[view]:
                return False
        return shared

    def may_try(self, logsource: Mapping[str, str], product: str, view: View) -> bool:
        """Whether the rule is tried on any event that is known to be of this product."""
        found = [one.source for one in self.recognisers(view) if one.source.product == product]
        shared = not logsource or any(one.open for one in found)
        for word, value in logsource.items():
            if any(one.has(word, value) for one in found):
                shared = True
            elif all(one.states(word) for one in found):
                return False
        return shared

    def shape(self, logsource: Mapping[str, str]) -> Shape | None:
        """Where raw events of a rule's log source hold its fields; None where nothing is said.

        Without a product, its category or service decides; then several shapes can be its own.
        """
        mine = logsource.get("product")
        found = [
            product.shapes["native"]
            for product in self._products
            if "native" in product.shapes
            and (mine == product.name if mine else _names(product, logsource))
        ]
        return together(found) if found else None


def written(logsource: Mapping[str, str]) -> str:
    """A log source as `--logsource` takes it; "any" for one that says nothing."""
    return ",".join(f"{word}={value}" for word, value in logsource.items() if value) or "any"


def stated(source: Mapping[str, str], logsource: Mapping[str, str]) -> bool:
    """Whether a rule fits a log source that a user states: no word of the two differs."""
    return all(logsource.get(word, value) == value for word, value in source.items())


def _names(product: _Product, logsource: Mapping[str, str]) -> bool:
    return any(
        logsource.get(word) in _list(one.get(word))
        for one in product.entries
        for word in ("service", "category")
    )


def _load(path: Path) -> _Product:
    # Imported here: a scan whose rules are known has these tables in another form.
    import yaml  # noqa: PLC0415

    try:
        data = yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
        return _product(data)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        what = f"not YAML: {str(error).splitlines()[0]}"
        raise PipelineError(what, path=str(path), next_step="mend the YAML") from None
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        what = f"not a file of log sources ({error})"
        step = "compare it with the other files of pipelines/logsources"
        raise PipelineError(what, path=str(path), next_step=step) from None


def _product(data: Mapping[str, Any]) -> _Product:
    tables = [_TABLES[name] for name in data.get("tables", ())]
    more: Aliases = tuple(alias for _, aliases in tables for alias in aliases())
    entries = [*(entry for listed, _ in tables for entry in listed()), *data["sources"]]
    shapes = {
        view: read_shape(shape, more if view == "native" else ())
        for view, shape in data.get("shapes", {}).items()
    }
    made = _Product(str(data["product"]), tuple(entries), shapes)
    for view in VIEWS:
        list(_recognisers(made, view))  # what is wrong in the file shall be told now
    return made


def _recognisers(product: _Product, view: View) -> Iterator[Recogniser]:
    shape = product.shapes.get(view, Shape())
    for entry in product.entries:
        service = _list(entry.get("service")) or _list(entry.get("within"))
        category = frozenset(_list(entry.get("category")))
        is_open = bool(entry.get("open", False))
        source = LogSource(product.name, frozenset(service), category, is_open)
        outer = product.within(entry["within"], view) if "within" in entry else [()]
        for selection in _selections(entry, view):
            for first in outer:
                told = _spelled((*first, *selection), shape)
                yield Recogniser(source, told, shape, bool(entry.get("last", False)))


def _selections(entry: Mapping[str, Any], view: View) -> list[Selection]:
    found = [*_list(entry.get("where")), *_list(entry.get(view))]
    return [
        tuple((str(name), tuple(map(str, _list(values)))) for name, values in one.items())
        for one in found
    ]


def _spelled(selection: Selection, shape: Shape) -> Selection:
    return tuple(
        (
            name,
            (
                *values,
                *(
                    form.replace("{}", one)
                    for form in shape.spelled.get(name, ())
                    for one in values
                ),
            ),
        )
        for name, values in selection
    )


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _words(sources: Iterable[LogSource]) -> Iterator[tuple[str, str, str]]:
    for source in sources:
        for word in ("service", "category"):
            yield from ((source.product, word, value) for value in getattr(source, word))
