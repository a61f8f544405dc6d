"""A content pack for contentctl, Splunk's tool that tests detections and builds apps from them.

Format: https://github.com/splunk/contentctl (5.6). Its detections are `experimental`: production
ones need recorded attacks. It knows no time of storage, so each run reads the interval that ended
a look-back ago: every event once, those that come late too.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import yaml

from converter.packages.content import Content, Package
from converter.packages.metadata import line
from converter.packages.splunk.app import lookups
from converter.packages.splunk.collected import Collected, collected
from converter.packages.splunk.contentctl_detection import (
    PRODUCTS,
    ascii_words,
    detection,
    file_name,
    story_name,
)
from converter.packages.splunk.naming import MOST, Name, app_id, unique_titles
from converter.packages.splunk.saved import Saved
from converter.packages.splunk.stories import updated
from converter.packages.splunk.words import category, filled
from converter.packages.threat import aims
from converter.pipelines import Source

_SPACE = uuid.UUID("0d7b4f1e-2f0a-5c43-9a4e-6f1f6a0f3b77")
_UID = 20_000  # Splunkbase's number of an app; any will do for one that is not there
# contentctl wants these folders to be there.
_FOLDERS = (
    *("baselines", "dashboards", "data_sources", "detections", "investigations"),
    *("macros", "playbooks", "removed", "stories"),
)
_DAY = "2026-01-01"


def build(content: Content) -> Package:
    """The folder that `contentctl validate` and `contentctl build` run in.

    Raises PackageError where the release's name or version is none that Splunk takes.
    """
    app_id(content.release)
    found = collected(content, _names(content), detection)
    files = {
        "contentctl.yml": _yaml(_settings(content)),
        "README.md": filled("contentctl.md", title=line(content.release.title)),
        "app_template/README.md": filled("contentctl.md", title=line(content.release.title)),
        "app_template/metadata/default.meta": filled("default.meta"),
        "app_template/default/data/ui/nav/default.xml": filled("nav_search.xml"),
        **{f"{folder}/.gitkeep": b"" for folder in _FOLDERS},
        **_deployments(),
        **_detections(found),
        **_macros(found),
        **_stories(found, content),
        **_sources(found),
        **_lookups(found, content),
    }
    left_out = tuple(error for _, error in found.missing)
    return Package(files, left_out, tuple(f"partial: {text}" for text in found.partial))


def _names(content: Content) -> dict[str, Name]:
    """contentctl wraps a title into the name of the search, and makes the filter's name of it."""
    before, after = f"{content.release.name} - ", " - Rule"
    taken = (ascii_words(source.title) for entry in content.entries for source in entry.sources)
    rules = (entry.rule for entry in content.entries)
    titles = unique_titles(rules, MOST - len(before + after), taken)
    return {
        stem: Name(f"{before}{ascii_words(title)}{after}", file_name(ascii_words(title)))
        for stem, title in titles.items()
    }


def _deployments() -> dict[str, bytes]:
    """For detections that a user adds: ours have schedules of their own."""
    return {
        f"deployments/detections_of_type_{kind.lower()}.yml": filled(
            "deployment.yml", type=kind, id=str(uuid.uuid5(_SPACE, f"deployment:{kind}"))
        )
        for kind in ("TTP", "Anomaly", "Hunting", "Correlation", "Baseline")
    }


def _detections(found: Collected) -> dict[str, bytes]:
    out: dict[str, bytes] = {}
    for one in found.searches:
        folder = one.entry.rule.stem.rpartition("/")[0] or "rules"
        path = f"detections/{folder}/{one.name.macro}.yml"
        out[path] = _yaml(found.made[one.name.search])
    return out


def _macros(found: Collected) -> dict[str, bytes]:
    shared: dict[str, Mapping[str, Any]] = {}
    for one in found.searches:
        shared |= one.search.macros
    out: dict[str, bytes] = {}
    for call, macro in sorted(shared.items()):
        name = call.partition("(")[0]
        document = {"name": name, **_about(f"macro:{name}", "What searches have in common.")}
        document |= {"definition": str(macro["definition"])}
        if "args" in macro:
            document["arguments"] = macro["args"].split(",")
        out[f"macros/{name}.yml"] = _yaml(document)
    return out


def _stories(found: Collected, content: Content) -> dict[str, bytes]:
    groups: dict[str, list[Saved]] = {}
    for one in found.searches:
        groups.setdefault(story_name(one), []).append(one)
    out: dict[str, bytes] = {}
    for name, members in sorted(groups.items()):
        goals = {aim.tactic.name for one in members for aim in aims(one.entry.rule, content.attack)}
        document = {
            "name": name,
            **_about(f"story:{name}", f"{name}: what the rules look for there."),
            "author": f"{line(content.release.author)}, {line(content.release.author)}",
            "status": "production",
            "date": max(map(updated, members)),
            "narrative": f"Tactics: {', '.join(sorted(goals)) or 'none'}.",
            "references": [],
            "tags": {
                "category": sorted({category(one.entry) for one in members}),
                "product": list(PRODUCTS),
                "usecase": "Security Monitoring",
            },
        }
        out[f"stories/{file_name(name)}.yml"] = _yaml(document)
    return out


def _sources(found: Collected) -> dict[str, bytes]:
    sources = {
        ascii_words(source.title): source for one in found.searches for source in one.entry.sources
    }
    return {
        f"data_sources/{file_name(title)}.yml": _yaml(_source(sources[title]))
        for title in sorted(sources)
    }


def _source(source: Source) -> dict[str, Any]:
    named = (source.name("splunk", name) for name in source.fields)
    names = {name for name in named if name and "*" not in name}
    return {
        "name": ascii_words(source.title),
        **_about(f"source:{source.stem}", f"Events of {source.title}."),
        "source": str(source.splunk.get("source", "*")),
        "sourcetype": str(source.splunk.get("sourcetype", "*")),
        "fields": ["_time", *sorted(names)],
    }


def _lookups(found: Collected, content: Content) -> dict[str, bytes]:
    out: dict[str, bytes] = {}
    for name, data in lookups(found, content).items():
        document = {
            "name": name,
            **_about(f"lookup:{name}", "What the detections look for, or an allow list."),
            "lookup_type": "csv",
            "case_sensitive_match": False,
        }
        out |= {f"lookups/{name}.yml": _yaml(document), f"lookups/{name}.csv": data}
    return out


def _settings(content: Content) -> dict[str, Any]:
    release = content.release
    return {
        "path": ".",
        "app": {
            "uid": _UID,
            "title": line(release.title),
            "appid": release.name,
            "version": release.version,
            "description": "Detections made from Sigma rules",
            "prefix": release.name,
            "label": release.name,
            "author_name": line(release.author),
            "author_email": "nobody@example.com",
            "author_company": line(release.author),
        },
        "enrichments": False,
        "build_app": True,
        "build_api": False,
        "build_path": "dist",
    }


def _about(key: str, text: str) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid5(_SPACE, key)),
        "version": 1,
        "date": _DAY,
        "author": "polysigma",
        "description": text,
    }


def _yaml(document: Mapping[str, Any]) -> bytes:
    return yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True, width=120).encode()
