"""What saved searches and macros are called: unique, short enough, of harmless characters."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from converter.errors import PackageError
from converter.packages.content import Content, Release
from converter.packages.metadata import title
from converter.packages.splunk.conf import plain
from converter.rules import Rule

# Enterprise Security puts words of its own around a name, and edits none beyond 99 characters.
MOST = 81
_APP = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")
_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?")


@dataclass(frozen=True)
class Name:
    """`search` names the saved search, `macro` begins the names of the rule's macros."""

    search: str
    macro: str


def app_id(release: Release) -> str:
    """The app's folder and id. Raises PackageError where the release cannot name an app."""
    if not _APP.fullmatch(release.name):
        what = f"{release.name!r} cannot name an app"
        raise PackageError(what, next_step="use letters, digits, - and _, a letter first")
    if not _VERSION.fullmatch(release.version):
        what = f"{release.version!r} is no version that Splunk takes"
        raise PackageError(what, next_step="write three numbers, such as --release 1.2.0")
    return release.name


def names(rules: Sequence[Rule], release: Release) -> dict[str, Name]:
    """By the rules' stems."""
    before = f"{release.name} - "
    titles = unique_titles(rules, MOST - len(before))
    out: dict[str, Name] = {}
    macros: set[str] = set()
    for rule in rules:
        macro = f"{identifier(release.name)}_{identifier(rule.stem)}"
        if macro in macros:
            macro = f"{macro}_{_hash(rule)}"
        macros.add(macro)
        out[rule.stem] = Name(before + titles[rule.stem], macro)
    return out


def unique_titles(rules: Iterable[Rule], most: int, taken: Iterable[str] = ()) -> dict[str, str]:
    """A title of at most `most` characters for each rule, by stem.

    Titles that differ in no letter or digit, from each other or from one of `taken`, are told
    apart by the start of a hash.
    """
    out: dict[str, str] = {}
    seen = set(map(identifier, taken))
    for rule in rules:
        found = _short(rule, most)
        if identifier(found) in seen:
            mark = _hash(rule)
            found = f"{_short(rule, most - len(mark) - 1)} {mark}"
        seen.add(identifier(found))
        out[rule.stem] = found
    return out


def identifier(text: str) -> str:
    """Lower-case letters, digits and underscores."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "rule"


def list_name(name: str, content: Content) -> str:
    """What the lookup of a value list is called."""
    return f"{identifier(content.release.name)}_list_{identifier(name)}"


def list_macro(name: str, content: Content) -> str:
    """What the macro is called that tests a field for the values of a list."""
    return f"{identifier(content.release.name)}_in_{identifier(name)}"


def _short(rule: Rule, room: int) -> str:
    cleaned = plain(title(rule)) or identifier(rule.stem)
    short = cleaned if len(cleaned) <= room else cleaned[:room].rpartition(" ")[0] or cleaned[:room]
    return short.rstrip(" .,&'-")


def _hash(rule: Rule) -> str:
    return hashlib.sha256(f"{rule.id} {rule.stem}".encode()).hexdigest()[:8]
