"""Versions of rules: the lock file, which says what each version means for each platform.

A rule's version rises when what its artefacts mean changes: what they match, how often they run,
how grave their alerts are. Words and formatting change nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from converter.errors import PackageError, PolysigmaError
from converter.packages.content import Content, Entry, Gone
from converter.packages.kibana_types import choose
from converter.packages.metadata import is_deprecated, line, risk_score, schedule, severity
from converter.packages.text import as_json, canonical

LOCK = "versions.lock.json"


@dataclass(frozen=True)
class Locked:
    """One rule in the lock: its version, and a name for what it means to each target."""

    title: str
    version: int
    targets: Mapping[str, str]
    gone: bool = False


Lock = Mapping[str, Locked]


def read_lock(raw: bytes, path: str = LOCK) -> Lock:
    """The lock from its file. Raises PackageError where it is none."""
    try:
        rules = orjson.loads(raw)["rules"]
        return {
            id: Locked(one["title"], one["version"], dict(one["targets"]), one.get("gone", False))
            for id, one in rules.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        step = "take it from the last revision, or remove it to begin anew"
        raise PackageError("is no lock of versions", path=path, next_step=step) from None


def write_lock(lock: Lock) -> bytes:
    """The lock as its file holds it, by id."""
    rules = {
        id: {"title": one.title, "version": one.version, "targets": dict(one.targets)}
        | ({"gone": True} if one.gone else {})
        for id, one in sorted(lock.items())
    }
    return as_json({"rules": rules})


def locked(content: Content, lock: Lock) -> tuple[Content, Lock]:
    """The content with each rule's version, and the lock after it.

    A rule's own `version:` counts where it is the higher one. Rules that are gone stay in the lock,
    one version on, so that an id never comes back with a lower one.
    """
    entries: list[Entry] = []
    after = {id: _without_rule(one) for id, one in lock.items()}
    for entry in content.entries:
        targets = dict(_targets(entry, content))
        before = lock.get(entry.rule.id)
        version = entry.version
        if before is not None:
            version = max(version, before.version + (before.targets != targets))
        entries.append(replace(entry, version=version))
        after[entry.rule.id] = Locked(line(entry.rule.title), version, targets)
    gone = (Gone(id, one.title, one.version) for id, one in sorted(after.items()) if one.gone)
    return replace(content, entries=tuple(entries), gone=tuple(gone)), after


def _without_rule(one: Locked) -> Locked:
    return one if one.gone else replace(one, version=one.version + 1, gone=True)


def _targets(entry: Entry, content: Content) -> Iterator[tuple[str, str]]:
    """What the rule means to each target, for a rule that the target can say."""
    common = [_running(entry), _grave(entry), is_deprecated(entry.rule)]
    meanings = {schema: names.meaning for schema, names in entry.names.items()}
    yield "sigma", _digest([common, meanings])
    try:
        shape = choose(entry, content)
        fields = [shape.type, shape.reach, dict(shape.fields)]
        yield "kibana", _digest([common, meanings.get("ecs"), fields])
    except PolysigmaError:
        pass
    if "spl" in entry.queries and entry.queries["spl"].text:
        yield "splunk", _digest([common, meanings.get("splunk")])


def _running(entry: Entry) -> list[Any]:
    extra = entry.rule.extra
    try:
        times = list(schedule(entry.rule))
    except PolysigmaError:
        times = []
    return [times, extra.get("max_alerts"), extra.get("suppression"), extra.get("time_zone")]


def _grave(entry: Entry) -> list[Any]:
    try:
        return [severity(entry.rule), risk_score(entry.rule)]
    except PolysigmaError:
        return []


def _digest(data: Any) -> str:
    return hashlib.sha256(canonical(data)).hexdigest()
