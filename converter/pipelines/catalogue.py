"""The field catalogue: what each native field of a log source is called, and is, in each schema.

One YAML file per log source under `pipelines/fields/`. It decides how a language must write a test;
nothing about a field is known to the code.
"""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import yaml

from converter.errors import PipelineError

Schema = Literal["ecs", "splunk"]
SCHEMAS: tuple[Schema, ...] = ("ecs", "splunk")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one field in one schema.

    `type` is Elasticsearch's (keyword, text, flattened, ip, long, ...), "string" in Splunk, or
    "unknown" where no catalogue speaks. `canonical`: the provider fixes the spelling. `lists`: the
    field can hold several values. `null_text`: a JSON null arrives as the text "null". `absent` is
    what stands there when the raw event has no such key, `cidr` the field that takes networks,
    `none` the reason why the schema has no such field; each is empty where there is no such thing.
    Of a key of a flattened field `text` names the field with the whole object's text, and `key` is
    the path below it. `first_of` are fields of which the first that is there is this one.
    """

    name: str
    type: str = "unknown"
    canonical: bool = False
    lists: bool = False
    null_text: bool = False
    absent: str = ""
    cidr: str = ""
    none: str = ""
    text: str = ""
    key: str = ""
    first_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One native field: where raw events hold it, and its facts per schema."""

    name: str
    native: tuple[str, ...]
    schemas: Mapping[Schema, Facts]


@dataclass(frozen=True)
class Source:
    """One log source: its fields and where its events live in each product.

    `elastic` and `splunk` are the catalogue's own words on that: indices, source type, integration.
    """

    stem: str
    title: str
    logsource: Mapping[str, str]
    fields: Mapping[str, Field]
    time: tuple[str, ...]
    indices: tuple[str, ...]
    added: Mapping[Schema, Mapping[str, Facts]]
    elastic: Mapping[str, Any] = field(default_factory=dict)
    splunk: Mapping[str, Any] = field(default_factory=dict)
    _targets: dict[tuple[Schema, str], Facts] = field(default_factory=dict, repr=False)

    def find(self, name: str) -> Field | None:
        """The catalogue's entry for a rule's field: by its name, else the longest family `x.*`."""
        exact = self.fields.get(name)
        if exact is not None:
            return exact
        families = [entry for entry in self.fields if entry.endswith(".*")]
        fitting = [entry for entry in families if name.startswith(entry[:-1])]
        return self.fields[max(fitting, key=len)] if fitting else None

    def native(self, name: str) -> tuple[str, ...]:
        """Paths of a rule's field in a raw event, tried in order; the first that exists counts."""
        entry = self.find(name)
        if entry is None:
            return (name,)
        rest = name[len(entry.name) - 1 :] if entry.name.endswith(".*") else ""
        return tuple(path[:-1] + rest if rest else path for path in entry.native)

    def facts(self, schema: Schema, target: str) -> Facts:
        """Facts of a mapped field, found by its name in the schema."""
        key = (schema, target)
        if key not in self._targets:
            self._targets[key] = self._find_target(schema, target)
        return self._targets[key]

    def _find_target(self, schema: Schema, target: str) -> Facts:
        if target in self.added[schema]:
            return self.added[schema][target]
        best, length = None, 0
        for entry in self.fields.values():
            name = entry.schemas[schema].name
            if name == target:
                return self._below(schema, entry.schemas[schema], entry.native)
            if name.endswith(".*") and target.startswith(name[:-1]) and len(name) > length:
                best, length = entry, len(name)
        if best is None:
            return Facts(target)
        native = tuple(path[:-1] + target[length - 1 :] for path in best.native)
        return self._below(schema, replace(best.schemas[schema], name=target), native)

    def _below(self, schema: Schema, facts: Facts, native: tuple[str, ...]) -> Facts:
        """Facts of a key with the text of its object, where the schema keeps one."""
        root, _, key = (native or ("",))[0].partition(".")
        whole = self.fields.get(root)
        if facts.type != "flattened" or whole is None or whole.schemas[schema].type != "map_text":
            return facts
        return replace(facts, text=whole.schemas[schema].name, key=key)

    def name(self, schema: Schema, name: str) -> str:
        """What the schema calls a rule's field; empty where it has none, or nobody knows it."""
        entry = self.find(name)
        if entry is None or entry.schemas[schema].none:
            return ""
        rest = name[len(entry.name) - 1 :] if entry.name.endswith(".*") else ""
        target = entry.schemas[schema].name
        return target[:-1] + rest if rest and target.endswith(".*") else target

    def nearest(self, name: str) -> str:
        """The known field most like this name."""
        return nearest(name, self.fields)


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word most like this one, judged without case; the first of them if none is."""
    words = sorted(known)
    folded = {entry.lower(): entry for entry in reversed(words)}
    close = difflib.get_close_matches(word.lower(), list(folded), 1, 0.0)
    return folded[close[0]] if close else ""


def load_catalogue(folders: Sequence[Path]) -> dict[str, Source]:
    """All log sources by stem. A file in an earlier folder hides one of the same name in a later.

    Raises PipelineError where a file is not a catalogue.
    """
    files: dict[str, Path] = {}
    for folder in reversed(folders):
        files |= {path.stem: path for path in sorted((folder / "fields").glob("*.yml"))}
    return {stem: load_source(path) for stem, path in sorted(files.items())}


def load_source(path: Path) -> Source:
    """One file of the catalogue. Raises PipelineError where it is not one."""
    try:
        data = yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
        return _source(path.stem, data)
    except yaml.YAMLError as error:
        what = f"not YAML: {str(error).splitlines()[0]}"
        raise PipelineError(what, path=str(path), next_step="mend the YAML") from None
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        what = f"not a field catalogue ({error})"
        step = "compare it with the other files of pipelines/fields"
        raise PipelineError(what, path=str(path), next_step=step) from None


def _source(stem: str, data: dict[str, Any]) -> Source:
    defaults = data.get("schemas", {})
    fields = {name: _field(name, entry or {}, defaults) for name, entry in data["fields"].items()}
    added = {
        schema: {
            name: _facts(name, facts or {}, defaults.get(schema, {}))
            for name, facts in data.get("added", {}).get(schema, {}).items()
        }
        for schema in SCHEMAS
    }
    return Source(
        stem,
        data["title"],
        {key: str(value) for key, value in data["logsource"].items()},
        fields,
        tuple(data.get("time", ())),
        tuple(data.get("elastic", {}).get("indices", ())),
        added,
        data.get("elastic", {}),
        data.get("splunk", {}),
    )


def _field(name: str, entry: dict[str, Any], defaults: dict[str, dict[str, Any]]) -> Field:
    lists = {"list": entry.get("list", False)}
    schemas = {
        schema: _facts(name, lists | (entry.get(schema) or {}), defaults.get(schema, {}))
        for schema in SCHEMAS
    }
    return Field(name, tuple(entry.get("native", [name])), schemas)


def _facts(name: str, entry: dict[str, Any], defaults: dict[str, Any]) -> Facts:
    merged = defaults | entry
    return Facts(
        str(merged.get("name", name)),
        str(merged.get("type", "unknown")),
        merged.get("casing") == "canonical",
        bool(merged.get("list", False)),
        bool(merged.get("null_text", False)),
        str(merged.get("absent", "")),
        str(merged.get("cidr", "")),
        str(merged.get("none", "")),
        first_of=tuple(merged.get("first_of", ())),
    )


def fits(source: Source, logsource: Mapping[str, str]) -> bool:
    """Whether a rule's log source is this one: every word the catalogue gives is the rule's too."""
    return all(
        fnmatch.fnmatchcase(logsource.get(key, ""), value)
        for key, value in source.logsource.items()
    )
