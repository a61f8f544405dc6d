"""What a rule says of itself, as packages need it: one line, a list, a number, never nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from converter.errors import PackageError
from converter.rules import Rule
from converter.rules.correlations import seconds

Severity = Literal["low", "medium", "high", "critical"]

# Elastic's own scale: its documents name these scores beside the severities.
SCORES: Mapping[Severity, int] = {"low": 21, "medium": 47, "high": 73, "critical": 99}
_LEVELS: Mapping[str, Severity] = {
    "": "low",
    "informational": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "critical": "critical",
}
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]")
_TITLE = 200


def line(value: object) -> str:
    """Text on one line, without control characters, marks of direction and blanks at its ends."""
    return " ".join(_CONTROLS.sub(" ", str(value)).split())


def paragraphs(value: object) -> str:
    """Text of several lines, without control characters and blanks at its ends."""
    return _CONTROLS.sub(" ", str(value).replace("\r\n", "\n").replace("\r", "\n")).strip()


def title(rule: Rule, most: int = _TITLE) -> str:
    """The title on one line, cut at a word where it is longer than `most` characters."""
    whole = line(rule.title)
    if len(whole) <= most:
        return whole
    cut = whole[: most - 1]
    return f"{cut.rpartition(' ')[0] or cut}…"


def titles(rules: Iterable[Rule], most: int = _TITLE) -> dict[str, str]:
    """A title for each rule by its id, no two alike: of equal ones the later ends in its id."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for rule in rules:
        name = title(rule, most) or rule.id
        if name.casefold() in taken:
            mark = f" ({rule.id[:8]})"
            name = f"{title(rule, most - len(mark))}{mark}"
        if name.casefold() in taken:
            name = rule.id
        taken.add(name.casefold())
        found[rule.id] = name
    return found


def description(rule: Rule) -> str:
    """What the rule finds; its title where it says no more."""
    return paragraphs(rule.data.get("description") or "") or line(rule.title) or rule.id


def reflowed(text: str) -> str:
    """Paragraphs on one line each, for places that do not wrap; items of lists keep their lines."""
    return re.sub(r"(?<!\n)\n(?![\n\s]|[-*+] |\d+[.)] )", " ", text)


def severity(rule: Rule) -> Severity:
    """The level; informational and no level are low. Raises PackageError for another word."""
    found = _LEVELS.get(rule.level.lower())
    if found is None:
        at = rule.line("level")
        step = "write informational, low, medium, high or critical"
        what = f"the level {line(rule.level)} is unknown"
        raise PackageError(what, path=rule.path, line=at, next_step=step)
    return found


def risk_score(rule: Rule) -> int:
    """From 0 to 100: the rule's own, else what its level stands for. Raises PackageError."""
    return _number(rule, "risk_score", SCORES[severity(rule)], range(101), "from 0 to 100")


def most_alerts(rule: Rule, default: int = 100) -> int:
    """How many alerts one run may raise. Raises PackageError for what is no such number."""
    return _number(rule, "max_alerts", default, range(1, 1_000_001), "from 1 to 1000000")


def _number(rule: Rule, key: str, default: int, fitting: range, said: str) -> int:
    found = rule.extra.get(key, default)
    if isinstance(found, bool) or not isinstance(found, int) or found not in fitting:
        what = f"the {key.replace('_', ' ')} {line(found)} is not to be used"
        raise _error(rule, what, key, f"write a whole number {said}")
    return found


def schedule(rule: Rule) -> tuple[int, int]:
    """How often the rule runs, and how far beyond that it looks back, both in seconds.

    Without a schedule: every 5 minutes, and 5 more minutes back for events that come late.
    Raises PackageError for what is no time span.
    """
    interval = rule.extra.get("interval", "5m")
    return _span(rule, interval, "interval"), _span(
        rule, rule.extra.get("lookback", interval), "lookback"
    )


def _span(rule: Rule, text: object, key: str) -> int:
    found = seconds(text)
    if found is None:
        what = f"the {key} {line(text)} is no time span"
        raise _error(rule, what, key, "write a whole number and s, m, h or d, such as 10m")
    return found


def _error(rule: Rule, what: str, key: str, next_step: str) -> PackageError:
    at = rule.line("polysigma", key)
    return PackageError(what, path=rule.path, line=at, next_step=next_step)


@dataclass(frozen=True)
class Suppression:
    """One alert for events that agree in some fields: for so many seconds, or (0) in each run.

    `each_missing`: an event that lacks one of the fields is an alert of its own.
    """

    within: int
    each_missing: bool


def suppression(rule: Rule) -> Suppression | None:
    """What the rule says of it; its fields, in each schema's names, are `Names.suppress_by`.

    Raises PackageError for what is no suppression.
    """
    found = rule.extra.get("suppression")
    if found is None:
        return None
    if not isinstance(found, dict) or not isinstance(found.get("by"), list) or not found["by"]:
        step = "write suppression: {by: [field], within: 1h}"
        raise _error(rule, "the suppression names no fields", "suppression", step)
    within = _span(rule, found["within"], "suppression") if "within" in found else 0
    return Suppression(within, found.get("missing") == "alert")


def span(time: int) -> str:
    """Seconds in the largest unit that fits: 3600 is 60m, as documents write it."""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if time % size == 0 and (time // size > 1 or unit == "m"):
            return f"{time // size}{unit}"
    return f"{time}s"


def authors(rule: Rule) -> list[str]:
    """The authors one by one."""
    return [name for name in map(line, str(rule.data.get("author") or "").split(",")) if name]


def texts(rule: Rule, key: str) -> list[str]:
    """A list of texts on one line each, or one text, as a list; empty ones are left out."""
    value = rule.data.get(key)
    found = value if isinstance(value, list) else [] if value is None else [value]
    return [text for text in map(line, found) if text]


def extra_text(rule: Rule, key: str) -> str:
    """Markdown that stands under `polysigma:`, or an empty text."""
    return paragraphs(rule.extra.get(key) or "")


def is_deprecated(rule: Rule) -> bool:
    """Whether nobody should use the rule any more."""
    return rule.status == "deprecated"
