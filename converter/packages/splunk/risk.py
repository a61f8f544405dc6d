"""Whom and what an alert is about: the field catalogue's words, as fields of plain names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from converter.packages.content import Entry
from converter.packages.splunk.search import Search

# Kinds of Enterprise Security: risk objects by type, and threat objects.
_RISK = ("user", "system", "other")
# Names of Splunk's Common Information Model, which its add-ons give their events; all have a host.
_OTHERWISE: Mapping[str, tuple[str, ...]] = {"system": ("dest", "host"), "user": ("user",)}


class Objects:
    """The risk and threat objects of a search: each a new field, of the first that is there."""

    def __init__(self, entry: Entry, search: Search) -> None:
        risk = _merged(entry, "risk") or dict(_OTHERWISE)
        threat = _merged(entry, "threat")
        if search.aggregated:
            risk, threat = _kept(risk, search), _kept(threat, search)
            risk = risk or {"other": search.groups[:1]}
        self.risk = {f"risk_{kind}": fields for kind, fields in risk.items()}
        self.threat = {f"threat_{kind}": fields for kind, fields in threat.items()}

    @property
    def first(self) -> str:
        """The field that an alert is named after."""
        return next(iter(self.risk))

    def evals(self) -> str:
        """The command that makes the fields."""
        made = [f"{name}={_first_of(fields)}" for name, fields in (self.risk | self.threat).items()]
        return f"| eval {', '.join(made)}"

    def param(self, score: int) -> list[dict[str, Any]]:
        """What `action.risk.param._risk` holds."""
        scored: list[dict[str, Any]] = [
            {
                "risk_object_field": name,
                "risk_object_type": name.removeprefix("risk_"),
                "risk_score": score,
            }
            for name in self.risk
        ]
        threats = [
            {"threat_object_field": name, "threat_object_type": name.removeprefix("threat_")}
            for name in self.threat
        ]
        return [*scored, *threats]


def _merged(entry: Entry, key: str) -> dict[str, tuple[str, ...]]:
    """What the catalogue says of all log sources of the rule, users before systems."""
    found: dict[str, list[str]] = {}
    for source in entry.sources:
        for kind, fields in source.splunk.get(key, {}).items():
            found.setdefault(kind, []).extend(fields)
    order = {kind: place for place, kind in enumerate(_RISK)}
    kinds = sorted(found, key=lambda kind: (order.get(kind, len(order)), kind))
    return {kind: tuple(dict.fromkeys(found[kind])) for kind in kinds}


def _kept(objects: Mapping[str, tuple[str, ...]], search: Search) -> dict[str, tuple[str, ...]]:
    kept = {
        kind: tuple(name for name in fields if name in search.groups)
        for kind, fields in objects.items()
    }
    return {kind: fields for kind, fields in kept.items() if fields}


def _first_of(fields: tuple[str, ...]) -> str:
    names = [f"'{name}'" for name in fields]
    return f"coalesce({', '.join(names)})" if len(names) > 1 else names[0]
