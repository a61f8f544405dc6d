"""Choosing and applying pipelines: a rule's native names become the names of one schema.

By default a rule meets the pipeline of its log source, `pipelines/<schema>/<source>.yml`, and every
field must be in the catalogue. Pipelines named by the user (a file, a folder, or the name of an
installed one such as `sysmon`) take their place; then fields the catalogue lacks keep their names.
A pipeline that only sets variables (`vars:`) takes no place; its variables are added to those of
`pipelines/variables.yml`, which rules name in percent signs, as `%business_time_zone%`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from sigma.exceptions import SigmaError
from sigma.processing.pipeline import ProcessingPipeline
from sigma.rule import SigmaRule

from converter.errors import PipelineError, RuleError
from converter.pipelines.catalogue import (
    SCHEMAS,
    Facts,
    Schema,
    Source,
    fits,
    load_catalogue,
    nearest,
)
from converter.pipelines.core_types import core_facts, load_core_types
from converter.pipelines.installed import installed
from converter.pipelines.log_sources import LogSources
from converter.pipelines.value_lists import ValueLists
from converter.places import pipeline_folders
from converter.rules import Rule
from converter.time_zones import time_zone

_USERS: dict[Schema, frozenset[str]] = {
    "ecs": frozenset({"elasticsearch", "eql", "esql", "lucene", "elastalert", "opensearch"}),
    "splunk": frozenset({"splunk"}),
}


@dataclass(frozen=True)
class Mapped:
    """A rule after its pipelines: pySigma's rule in the schema's names, and facts on them."""

    rule: SigmaRule
    schema: Schema
    facts: Callable[[str], Facts]
    indices: tuple[str, ...]


class Pipelines:
    """The catalogue and the pipelines of one run.

    `chosen` are the user's own pipelines, in order; empty means: what fits each rule's log source.
    Raises PipelineError where a file cannot be used.
    """

    def __init__(self, chosen: Sequence[str] = (), folders: Sequence[Path] | None = None) -> None:
        self.folders = list(pipeline_folders() if folders is None else folders)
        self.sources: Mapping[str, Source] = load_catalogue(self.folders)
        self._core = {schema: load_core_types(self.folders, schema) for schema in SCHEMAS}
        self._lists = ValueLists(self.folders)
        self.chosen = tuple(chosen)
        self._own = {schema: _load_all(self.chosen, schema) for schema in SCHEMAS}
        own = self._own.values() if self.chosen else ()
        self._replaced = any(pipeline.items or not pipeline.vars for pipeline in own)
        self._variables = _variables(self.folders) | {
            name: value for pipeline in own for name, value in pipeline.vars.items()
        }
        self._files: dict[tuple[Schema, str], ProcessingPipeline] = {}

    @cached_property
    def log_sources(self) -> LogSources:
        """How events of each log source are recognised. Raises PipelineError."""
        return LogSources(self.folders)

    def source(self, logsource: Mapping[str, str]) -> Source | None:
        """The catalogue's log source of a rule: the one that agrees in most words, or none."""
        fitting = [source for source in self.sources.values() if fits(source, logsource)]
        return max(fitting, key=lambda source: len(source.logsource)) if fitting else None

    def require(self, rule: Rule) -> Source:
        """The rule's log source; RuleError naming the field and the log source nothing covers."""
        source = self.source(rule.logsource)
        if source is None:
            known = {_words(entry.logsource): entry for entry in self.sources.values()}
            near = nearest(_words(rule.logsource), known)
            what = f"no pipeline covers the log source {_words(rule.logsource)}"
            names = ", ".join(_field_names(rule))
            what += f" (fields: {names})" if names else ""
            step = f"name a pipeline with -p; the nearest known log source is {near}"
            raise rule.error(what, "logsource", next_step=step)
        return source

    def map(self, rule: Rule, tree: SigmaRule, schema: Schema) -> Mapped:
        """The tree with the schema's names. The tree is changed in place, as pySigma does it.

        Raises RuleError for a log source or field nothing covers, PipelineError for a bad pipeline.
        """
        source = self.source(rule.logsource) if self._replaced else self.require(rule)
        if source is not None and not self._replaced:
            _check_fields(rule, source, schema)
        pipeline = self._own[schema] if self._replaced else self._shipped(schema, source)
        try:
            pipeline.apply(tree)
        except SigmaError as error:
            what = f"the pipeline refuses the rule: {error}"
            raise rule.error(what, next_step="change the rule or choose another pipeline") from None
        self.expand(tree)
        return Mapped(tree, schema, self.facts(schema, source), _indices(pipeline, source))

    def expand(self, tree: SigmaRule) -> SigmaRule:
        """The tree with value lists in the place of their names. It is changed in place.

        Raises PipelineError for a list that cannot be used; a name without a list stays.
        """
        self._lists.expand(tree)
        return tree

    def is_core(self, schema: Schema, name: str) -> bool:
        """Whether the schema itself describes the field, whatever a log source says of it."""
        return core_facts(self._core[schema], name).type != "unknown"

    def value_lists(self, texts: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The values of each list that these texts name in percent signs, by the list's name."""
        return self._lists.named_in("\n".join(texts))

    def zone(self, rule: Rule) -> str:
        """The time zone in which the rule's hours and days are read; empty where it names none.

        `polysigma.time_zone` holds a zone, or a variable in percent signs. RuleError where there is
        no such variable or zone.
        """
        named = str(rule.extra.get("time_zone", ""))
        variable = named.strip("%")
        if named == f"%{variable}%" and named:
            if variable not in self._variables:
                what = f"no pipeline sets the variable {variable}"
                step = f"set it under `vars:` in a pipeline and name that with -p: {variable}: UTC"
                raise rule.error(what, "polysigma", "time_zone", next_step=step)
            named = str(self._variables[variable])
        if named:
            _check_zone(rule, named)
        return named

    def facts(self, schema: Schema, source: Source | None) -> Callable[[str], Facts]:
        """What is known of a schema's fields: by the log source, else by the schema itself."""
        core = self._core[schema]

        @cache
        def known(name: str) -> Facts:
            facts = source.facts(schema, name) if source else Facts(name)
            return core_facts(core, name) if facts.type == "unknown" and not facts.none else facts

        return known

    def _shipped(self, schema: Schema, source: Source | None) -> ProcessingPipeline:
        stem = source.stem if source else ""
        key = (schema, stem)
        if key not in self._files:
            self._files[key] = _load_file(self._path(schema, stem))
        return self._files[key]

    def _path(self, schema: Schema, stem: str) -> Path:
        for folder in self.folders:
            path = folder / schema / f"{stem}.yml"
            if path.is_file():
                return path
        what = f"no pipeline {schema}/{stem}.yml"
        raise PipelineError(what, next_step="add it beside pipelines/fields")


def _variables(folders: Sequence[Path]) -> dict[str, Any]:
    """The variables of `variables.yml`; one in an earlier folder hides the same in a later."""
    found: dict[str, Any] = {}
    for folder in reversed(folders):
        path = folder / "variables.yml"
        found |= _load_file(path).vars if path.is_file() else {}
    return found


def _check_zone(rule: Rule, zone: str) -> None:
    try:
        time_zone(zone)
    except RuleError as error:
        raise rule.error(error.what, "polysigma", "time_zone", next_step=error.next_step) from None


def _words(logsource: Mapping[str, str]) -> str:
    return " ".join(f"{key}={value}" for key, value in logsource.items())


def _indices(pipeline: ProcessingPipeline, source: Source | None) -> tuple[str, ...]:
    index = pipeline.state.get("index")
    names = [index] if isinstance(index, str) else list(index or (source.indices if source else ()))
    return tuple(str(name) for name in names)


def _load_all(names: Sequence[str], schema: Schema) -> ProcessingPipeline:
    """The pipelines made for this schema, in order; one that names no backend is made for all."""
    loaded = [_load(name) for name in names]
    mine = [
        one
        for one in loaded
        if not one.allowed_backends or _USERS[schema].intersection(one.allowed_backends)
    ]
    return sum(mine, ProcessingPipeline())


def _load(name: str) -> ProcessingPipeline:
    """A pipeline by file, folder or installed name."""
    if os.path.isdir(name):
        files = [str(path) for path in sorted(Path(name).glob("*.yml"))]
        if not files:
            raise PipelineError(
                "no pipelines in this folder", path=name, next_step="add .yml files"
            )
        loaded = [_load_file(Path(path)) for path in files]
        return sum(sorted(loaded, key=lambda item: item.priority), ProcessingPipeline())
    if os.path.exists(name):
        return _load_file(Path(name))
    return installed(name)


def _load_file(path: Path) -> ProcessingPipeline:
    try:
        return ProcessingPipeline.from_yaml(path.read_text("utf-8"))
    except UnicodeDecodeError:
        what = "the pipeline is not UTF-8 text"
        raise PipelineError(what, path=str(path), next_step="save it as UTF-8") from None
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
        raise PipelineError(what, path=str(path), next_step="check the path") from None
    except Exception as error:  # noqa: BLE001  pySigma lets errors of any kind through
        what = f"not a pipeline: {' '.join(str(error).split())}"
        step = "mend the item; see the pySigma documentation of processing pipelines"
        raise PipelineError(what, path=str(path), next_step=step) from None


def _check_fields(rule: Rule, source: Source, schema: Schema) -> None:
    for name in _field_names(rule):
        entry = source.find(name)
        if entry is None:
            what = f"no pipeline covers the field {name} of the log source {source.title}"
            step = f"the nearest known name is {source.nearest(name)}"
            raise rule.error(what, "detection", next_step=step)


def _field_names(rule: Rule) -> list[str]:
    """The names a rule's detection uses, modifiers removed, each once."""
    names: dict[str, None] = {}

    def walk(value: object) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                names.setdefault(str(key).split("|")[0])
                if "|fieldref" in str(key):
                    names.update(dict.fromkeys(inner if isinstance(inner, list) else [str(inner)]))
        elif isinstance(value, list):
            for item in value:
                walk(item)

    for key, value in rule.data.get("detection", {}).items():
        if key not in ("condition", "timeframe"):
            walk(value)
    names.pop("", None)
    return list(names)
