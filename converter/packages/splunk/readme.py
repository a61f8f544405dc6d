"""The app's README.md: how to install it, what is in it, what is not and why."""

from __future__ import annotations

import re
from collections.abc import Iterable

from converter.errors import PolysigmaError
from converter.packages.content import Content
from converter.packages.metadata import line
from converter.packages.splunk.collected import Collected
from converter.packages.splunk.conf import defanged
from converter.packages.splunk.saved import Saved
from converter.packages.splunk.words import filled
from converter.rules import Rule

_MARKS = re.compile(r"([\\`*_{}\[\]()<>#+!|~&$-])")


def readme(found: Collected, content: Content, lists: Iterable[str]) -> bytes:
    """Markdown in which no text of a rule is more than text."""
    release = content.release
    shared = {name for one in found.searches for name in one.search.macros}
    return filled(
        "README.md",
        title=_text(release.title),
        app=release.name,
        version=release.version,
        attack=content.attack.version,
        count=str(len(found.searches)),
        macros=_list(f"`{name}`" for name in sorted(shared) if not name.endswith(")")),
        lists=_list(f"`{name}`" for name in lists),
        searches=_list(_search(one) for one in found.alerts),
        held=_list(_search(one) for one in found.searches if one.held),
        partial=_list(map(_text, found.partial)),
        left_out=_list(_missing(*one) for one in found.missing),
    )


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {text}" for text in lines) or "None."


def _search(one: Saved) -> str:
    return f"{_text(one.name.search)}: {_text(one.entry.rule.level or 'no level')}"


def _missing(rule: Rule, error: PolysigmaError) -> str:
    return _text(f"{rule.stem}: {line(rule.title)}: {error.what}")


def _text(text: str) -> str:
    return _MARKS.sub(r"\\\1", defanged(line(text)))
