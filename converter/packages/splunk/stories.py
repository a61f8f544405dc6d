"""analyticstories.conf: the searches of each log source as one story of Enterprise Security."""

from __future__ import annotations

from converter.packages.content import Content
from converter.packages.metadata import extra_text, line, texts
from converter.packages.splunk.collected import Collected
from converter.packages.splunk.conf import Stanza, as_value, defanged
from converter.packages.splunk.saved import Saved
from converter.packages.splunk.words import annotated, category, kill_chain
from converter.packages.threat import aims


def stories(found: Collected, content: Content) -> dict[str, Stanza]:
    """A stanza for each story, then one for each search."""
    groups: dict[str, list[Saved]] = {}
    for one in found.alerts:
        groups.setdefault(one.story, []).append(one)
    out = {
        f"analytic_story://{story}": _story(story, groups[story], content)
        for story in sorted(groups)
    }
    return out | {f"savedsearch://{one.name.search}": _part(one, content) for one in found.alerts}


def _story(story: str, members: list[Saved], content: Content) -> Stanza:
    release = content.release
    rules = [one.entry.rule for one in members]
    references = sorted({url for rule in rules for url in texts(rule, "references")})
    tactics = {aim.tactic.name for rule in rules for aim in aims(rule, content.attack)}
    maintainer = {"company": line(release.author), "email": "-", "name": line(release.author)}
    return {
        "category": as_value(sorted({category(one.entry) for one in members})),
        "last_updated": max(map(updated, members)),
        "version": release.version.partition(".")[0],
        "references": as_value(references),
        "maintainers": as_value([maintainer]),
        "spec_version": 3,
        "searches": as_value([one.name.search for one in members]),
        "description": f"Detections in logs of this source: {story}.",
        "narrative": f"{len(members)} detections. Tactics: {', '.join(sorted(tactics)) or 'none'}.",
    }


def _part(one: Saved, content: Content) -> Stanza:
    rule = one.entry.rule
    found = annotated(rule, content.attack, one.story)
    mappings = {key: found[key] for key in ("mitre_attack",) if key in found}
    phases = kill_chain(rule, content.attack)
    return {
        "type": "detection",
        "confidence": "medium",
        "explanation": defanged(line(rule.data.get("description") or rule.title)),
        "how_to_implement": defanged(line(extra_text(rule, "setup"))) or "none",
        "known_false_positives": defanged("; ".join(texts(rule, "falsepositives"))) or "none known",
        "annotations": as_value(mappings | ({"kill_chain_phases": phases} if phases else {})),
        "providing_technologies": as_value([source.title for source in one.entry.sources]),
    }


def updated(one: Saved) -> str:
    """When the rule last changed, as YYYY-MM-DD; the day that Sigma began where it does not say."""
    data = one.entry.rule.data
    return str(data.get("modified") or data.get("date") or "2017-01-01").replace("/", "-")[:10]
