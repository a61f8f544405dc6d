"""Checks of what a rule says about itself."""

from __future__ import annotations

from collections.abc import Iterator

from converter.check.finding import Content, Fault
from converter.check.schema import violations
from converter.rules import Rule


def header(rule: Rule, content: Content) -> Iterator[Fault]:
    """Sigma's own keys have the specification's form, and those that we ask for are there."""
    return violations("sigma", rule.data)


def extra(rule: Rule, content: Content) -> Iterator[Fault]:
    """What stands under `polysigma:` is known and has the right form; the detection is named."""
    if "polysigma" in rule.data:
        yield from violations("polysigma", rule.extra, ("polysigma",))


def dates(rule: Rule, content: Content) -> Iterator[Fault]:
    """A rule was not changed before it was written."""
    date, modified = str(rule.data.get("date", "")), str(rule.data.get("modified", ""))
    if modified and modified < date:
        yield Fault(f"modified {modified} is before date {date}", "mend one of them", ("modified",))


def title_once(rule: Rule, content: Content) -> Iterator[Fault]:
    """No two rules have one title: alerts could not be told apart."""
    first = content.titles[rule.title.casefold()]
    if first is not rule:
        what = f"{first.path} has the same title"
        yield Fault(what, "say in the title how the two differ", ("title",))


def name_once(rule: Rule, content: Content) -> Iterator[Fault]:
    """No two rules have one name: a correlation could mean either."""
    first = content.names.get(rule.name, rule)
    if first is not rule:
        yield Fault(f"{first.path} has the same name", "give one another name", ("name",))
