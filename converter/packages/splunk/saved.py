"""One rule's stanza of savedsearches.conf, for plain Splunk and for Enterprise Security.

Settings: savedsearches.conf.spec of Splunk 9.2; those below `action.correlationsearch`,
`action.notable` and `action.risk` as Enterprise Security 7 and 8 read them.
"""

from __future__ import annotations

from dataclasses import dataclass

from converter.errors import Unsupported
from converter.packages.content import Content, Entry
from converter.packages.metadata import (
    description,
    extra_text,
    is_deprecated,
    line,
    risk_score,
    severity,
    span,
    texts,
)
from converter.packages.splunk.conf import Code, Stanza, as_value, defanged, plain, untoken
from converter.packages.splunk.naming import Name
from converter.packages.splunk.risk import Objects
from converter.packages.splunk.search import Search, search
from converter.packages.splunk.timing import Timing, timing
from converter.packages.splunk.words import (
    alert_severity,
    annotated,
    domain,
    kill_chain,
    story_title,
)
from converter.rules.correlations import seconds


@dataclass(frozen=True)
class Saved:
    """One saved search, what it is made of, and whether it only reports when asked (`held`).

    `behind` finds the events behind an alert: all that the alert's own search may have left out.
    """

    entry: Entry
    name: Name
    search: Search
    objects: Objects
    timing: Timing
    held: bool
    story: str
    behind: str

    @property
    def text(self) -> str:
        """The whole search, on one line: query, time, the alert's fields, the user's filter."""
        time = "| eval _time=first_seen " * (
            self.search.aggregated and bool(_new_terms(self.entry))
        )
        return f"{self.search.text} {time}{self.objects.evals()} | `{self.name.macro}_filter`"

    @property
    def told(self) -> str:
        """The title and whom it is about, a field of the result."""
        title = untoken(defanged(line(self.entry.rule.title)))
        return f"{title}: ${self.objects.first}$"


def saved(entry: Entry, name: Name, content: Content, held: bool) -> Saved:
    """Raises Unsupported where Splunk cannot run the rule, PackageError for wrong metadata."""
    query = entry.queries.get("spl")
    if query is None or not query.text or query.fidelity == "different":
        why = "; ".join(query.notes) if query else "it was not converted to SPL"
        step = "use another package for it"
        raise Unsupported(f"no SPL: {line(why)}", path=entry.rule.path, next_step=step)
    found = search(query.text, entry, content)
    objects = Objects(entry, found)
    story = plain(story_title(entry))
    behind = _behind(name, found, objects, entry, content)
    return Saved(entry, name, found, objects, timing(entry), held, story, behind)


def _behind(name: Name, found: Search, objects: Objects, entry: Entry, content: Content) -> str:
    """The search is named, not copied: dollars in its text would be taken for fields.

    One that asks what is new now finds nothing later; the events that it looks at are sought then.
    """
    base = entry.base.get("spl") if found.aggregated else None
    if base is not None and base.text and "$" not in base.text:
        return f'{search(base.text, entry, content).text} | search "${objects.first}$"'
    named = f'| savedsearch "{name.search}" nosubstitution=true'
    return f'{named} | search {objects.first}="${objects.first}$"'


def stanza(one: Saved, content: Content) -> Stanza:
    """All settings of one saved search. Raises PackageError for wrong metadata."""
    rule = one.entry.rule
    head: dict[str, str | int] = {
        "description": _description(one),
        "search": Code(one.text),
        "disabled": 1,
        "is_visible": 1,
    }
    if one.held:
        spans = {key: text for key, text in one.timing.settings().items() if key in _RANGE}
        return head | spans | {"enableSched": 0}
    return (
        head
        | one.timing.settings()
        | _alert(one)
        | _correlation_search(one, content)
        | _notable(one, content)
        | {
            "action.risk": 1,
            "action.risk.param._risk": as_value(one.objects.param(risk_score(rule))),
            "action.risk.param._risk_message": one.told,
            "action.risk.param._risk_score": 0,
            "action.risk.param.verbose": 0,
        }
    )


_RANGE = ("dispatch.earliest_time", "dispatch.latest_time")


def _new_terms(entry: Entry) -> bool:
    return "new_terms" in entry.rule.extra


def _description(one: Saved) -> str:
    rule = one.entry.rule
    query = one.entry.queries["spl"]
    parts = ["Deprecated." if is_deprecated(rule) else "", description(rule)]
    if query.fidelity == "partial":
        parts.append(f"Partial: {'; '.join(query.notes)}.")
    return defanged(line(" ".join(part for part in parts if part)))


def _alert(one: Saved) -> dict[str, str | int]:
    found: dict[str, str | int] = {
        "counttype": "number of events",
        "relation": "greater than",
        "quantity": 0,
        "alert.track": 1,
        "alert.digest_mode": 1,
        "alert.severity": alert_severity(one.entry.rule),
    }
    return found | _suppression(one)


def _suppression(one: Saved) -> dict[str, str | int]:
    """For how long no alert comes again for the same values of which fields."""
    wanted = one.entry.rule.extra.get("suppression")
    wanted = wanted if isinstance(wanted, dict) else {}
    by = one.entry.names["splunk"].suppress_by
    period = one.timing.quiet
    if by and not one.search.aggregated:
        period = max(period, seconds(wanted.get("within")) or one.timing.period)
    else:
        by = one.search.groups
    if not period:
        return {"alert.suppress": 0}
    fields = {"alert.suppress.fields": ", ".join(by)} if by else {}
    return {"alert.suppress": 1, "alert.suppress.period": span(period), **fields}


def _correlation_search(one: Saved, content: Content) -> dict[str, str | int]:
    rule = one.entry.rule
    version = {
        "deprecated": str(int(is_deprecated(rule))),
        "detection_id": rule.id,
        "detection_version": str(one.entry.version),
    }
    return {
        "action.correlationsearch.enabled": 1,
        "action.correlationsearch.label": one.name.search,
        "action.correlationsearch.detection_type": "ebd",
        "action.correlationsearch.annotations": as_value(
            annotated(rule, content.attack, one.story)
        ),
        "action.correlationsearch.metadata": as_value(version),
    }


def _notable(one: Saved, content: Content) -> dict[str, str | int]:
    rule = one.entry.rule
    level = "informational" if rule.level.lower() == "informational" else severity(rule)
    found_events = drilldown(one)
    found: dict[str, str | int] = {
        "action.notable": 1,
        "action.notable.param.rule_title": one.told,
        "action.notable.param.rule_description": untoken(_description(one)),
        "action.notable.param.security_domain": domain(one.entry),
        "action.notable.param.severity": level,
        "action.notable.param.nes_fields": ",".join(one.objects.risk),
        "action.notable.param.drilldown_name": found_events["name"],
        "action.notable.param.drilldown_search": Code(found_events["search"]),
        "action.notable.param.drilldown_earliest_offset": found_events["earliest_offset"],
        "action.notable.param.drilldown_latest_offset": found_events["latest_offset"],
        "action.notable.param.drilldown_searches": as_value([found_events, _risk_drilldown(one)]),
    }
    steps = next_steps(one.entry, content)
    if steps:
        guide = as_value({"version": 1, "data": untoken(defanged(steps))})
        found["action.notable.param.next_steps"] = guide
    return found


def drilldown(one: Saved) -> dict[str, str]:
    """The events that the alert was raised for."""
    return {
        "name": f"What was found about ${one.objects.first}$",
        "search": one.behind,
        "earliest_offset": "$info_min_time$",
        "latest_offset": "$info_max_time$",
    }


def _risk_drilldown(one: Saved) -> dict[str, str]:
    field = one.objects.first
    return {
        "name": f"Risk of ${field}$ in the last 7 days",
        "search": f'| from datamodel Risk.All_Risk | search risk_object="${field}$"'
        " | stats count min(_time) as first_time max(_time) as last_time sum(risk_score) as score"
        " by source",
        "earliest_offset": "7d",
        "latest_offset": "0",
    }


def next_steps(entry: Entry, content: Content) -> str:
    """How to look into an alert: the guide, else what is known of false alarms and sources."""
    guide = extra_text(entry.rule, "investigation_guide")
    if guide:
        return guide
    false = [f"- {text}" for text in texts(entry.rule, "falsepositives")]
    phases = kill_chain(entry.rule, content.attack)
    parts = ["False positives:", *false] if false else []
    return "\n".join([*parts, f"Kill chain: {', '.join(phases)}"] if phases else parts)
