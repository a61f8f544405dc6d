"""One detection as contentctl's YAML holds it."""

from __future__ import annotations

import re
from typing import Any

from converter.errors import Unsupported
from converter.packages.content import Content
from converter.packages.metadata import (
    authors,
    description,
    extra_text,
    is_deprecated,
    line,
    risk_score,
    severity,
    span,
    texts,
)
from converter.packages.splunk.conf import defanged, untoken
from converter.packages.splunk.saved import Saved, drilldown
from converter.packages.splunk.stories import updated
from converter.packages.splunk.words import asset_type, domain
from converter.packages.threat import techniques

PRODUCTS = ("Splunk Enterprise", "Splunk Enterprise Security", "Splunk Cloud")
_AUTHOR = 255


def ascii_words(title: str) -> str:
    """Letters, digits, blanks and hyphens, all that contentctl's names can have."""
    return " ".join(re.sub(r"[^A-Za-z0-9 -]+", " ", title).split()).strip("- ") or "Detection"


def file_name(name: str) -> str:
    """How contentctl makes the name of a file from that of what is in it."""
    return re.sub(r"[ ./-]", "_", name).lower()


def story_name(one: Saved) -> str:
    """The story of a detection; no two things may have the same name, so it is not the source's."""
    return f"Detections in {ascii_words(one.story)}"


def detection(one: Saved, content: Content) -> dict[str, Any]:
    """One detection. Raises PackageError for wrong metadata, Unsupported for misread values."""
    rule, entry = one.entry.rule, one.entry
    _check_macros(one)
    false = "; ".join(texts(rule, "falsepositives"))
    status = "Deprecated. " * is_deprecated(rule)
    found: dict[str, Any] = {
        "name": _title(one),
        "id": rule.id,
        "version": entry.version,
        "date": updated(one),
        "author": (", ".join(authors(rule)) or line(content.release.author))[:_AUTHOR],
        "status": "experimental",
        "type": _type(one),
        "description": status + defanged(line(description(rule))),
        "data_source": sorted(ascii_words(source.title) for source in entry.sources),
        "search": one.text,
        "how_to_implement": _long(extra_text(rule, "setup"), "Collect these events."),
        "known_false_positives": _long(false, "None are known."),
        "references": [url for url in texts(rule, "references") if url.startswith("http")],
    }
    return found | _alert(one) | {"tags": _tags(one, content), "deployment": _deployment(one)}


def _check_macros(one: Saved) -> None:
    """contentctl looks for macros inside quotes too, where Splunk has none."""
    known = {name.partition("(")[0] for name in one.search.macros} | {f"{one.name.macro}_filter"}
    called = {name.partition("(")[0] for name in re.findall(r"`(\S+)`", one.text)}
    if called - known or "````" in one.text:
        what = "contentctl takes back-quotes in a value for a macro"
        raise Unsupported(what, path=one.entry.rule.path, next_step="use the package splunk for it")


def _long(text: str, otherwise: str) -> str:
    """Text of the four characters that contentctl wants at least."""
    found = defanged(line(text))
    return found if len(found) >= 4 else f"{found} {otherwise}".strip()


def _type(one: Saved) -> str:
    if one.held:
        return "Hunting"
    return "Anomaly" if severity(one.entry.rule) == "low" else "TTP"


def _alert(one: Saved) -> dict[str, Any]:
    """Whom an alert is about, and where to look next."""
    if one.held:
        return {}
    score = max(risk_score(one.entry.rule), 1)
    risks = [
        {"field": name, "type": name.removeprefix("risk_"), "score": score}
        for name in one.objects.risk
    ]
    threats = [{"field": name, "type": name.removeprefix("threat_")} for name in one.objects.threat]
    return {
        "drilldown_searches": [drilldown(one)],
        "rba": {"message": one.told, "risk_objects": risks, "threat_objects": threats},
    }


def _tags(one: Saved, content: Content) -> dict[str, Any]:
    named = [technique.id for technique in techniques(one.entry.rule, content.attack)]
    parents = {id.partition(".")[0] for id in named if "." in id}
    found: dict[str, Any] = {
        "analytic_story": [story_name(one)],
        "asset_type": asset_type(one.entry),
        "mitre_attack_id": [id for id in named if id not in parents],
        "product": list(PRODUCTS),
        "security_domain": domain(one.entry),
    }
    fields = [name for name in one.search.groups if " " not in name]
    if one.timing.quiet and fields:
        period = f"{one.timing.quiet // 60}m"
        found["throttling"] = {"fields": fields, "period": period}
    return found


def _deployment(one: Saved) -> dict[str, Any]:
    """When it runs: over the last interval that is a look-back old, or over its whole window."""
    timing = one.timing
    delay = 0 if timing.quiet else timing.range - timing.period
    notable = {
        "rule_description": "%description%",
        "rule_title": untoken(defanged(_title(one))),
        "nes_fields": list(one.objects.risk),
    }
    action: dict[str, Any] = {"rba": {"enabled": not one.held}}
    return {
        "scheduling": {
            "cron_schedule": timing.cron,
            "earliest_time": f"-{span(timing.range)}@m",
            "latest_time": f"-{span(delay)}@m" if delay else "now",
            "schedule_window": "0",
        },
        "alert_action": action if one.held else action | {"notable": notable},
    }


def _title(one: Saved) -> str:
    return one.name.search.partition(" - ")[2].removesuffix(" - Rule")
