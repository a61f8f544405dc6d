"""Checks of where a rule lies: its path is its log source and its name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from converter.check.finding import Content, Fault
from converter.rules import Rule

_SNAKE = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*")
_FOLDERS = {"correlation": "correlations", "filter": "filters"}


def folder(rule: Rule, content: Content) -> Iterator[Fault]:
    """A rule lies below <product>/<service>/, correlations and filters in folders of their own."""
    wanted = _FOLDERS.get(rule.kind) or _source_folder(rule.logsource)
    if not rule.stem.startswith(f"{wanted}/"):
        key = "logsource" if rule.kind == "rule" else rule.kind
        what = f"the rule lies at {rule.stem}, but belongs below {wanted}/"
        yield Fault(what, f"move it to {wanted}/{_file_name(rule)}.yml", (key,))


def file_name(rule: Rule, content: Content) -> Iterator[Fault]:
    """A file is named in snake_case and ends in .yml."""
    name = _file_name(rule)
    if not _SNAKE.fullmatch(name):
        yield Fault(f"the file name {name} is not snake_case", f"rename it to {_slug(name)}.yml")
    if not rule.path.endswith(".yml"):
        yield Fault("the file does not end in .yml", f"rename it to {_slug(name)}.yml")


def _source_folder(logsource: dict[str, str]) -> str:
    """aws/cloudtrail; the service gcp.audit of gcp is gcp/audit; without a service the category."""
    product = logsource.get("product", "")
    rest = logsource.get("service", "") or logsource.get("category", "")
    parts = (product, rest.removeprefix(f"{product}."))
    return "/".join(_slug(part) for part in parts if part)


def _file_name(rule: Rule) -> str:
    name = rule.stem.rpartition("/")[2]
    return name.removesuffix(f".{rule.index + 1}") if rule.index else name


def _slug(text: str) -> str:
    return "_".join(re.findall(r"[a-z0-9]+", text.lower()))
