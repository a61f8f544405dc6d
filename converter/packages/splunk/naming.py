"""What saved searches and macros are called: unique, short enough, of harmless characters."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
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


def names(rules: Iterable[Rule], release: Release) -> dict[str, Name]:
    """By stem. Rules of the same title are told apart by the start of a hash."""
    out: dict[str, Name] = {}
    searches: set[str] = set()
    macros: set[str] = set()
    for rule in rules:
        search = _search(rule, release, "")
        if search.lower() in searches:
            search = _search(rule, release, f" {_hash(rule)}")
        macro = f"{identifier(release.name)}_{identifier(rule.stem)}"
        if macro in macros:
            macro = f"{macro}_{_hash(rule)}"
        searches.add(search.lower())
        macros.add(macro)
        out[rule.stem] = Name(search, macro)
    return out


def identifier(text: str) -> str:
    """Lower-case letters, digits and underscores."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "rule"


def list_name(name: str, content: Content) -> str:
    """What the lookup of a value list is called, and its macro."""
    return f"{identifier(content.release.name)}_list_{identifier(name)}"


def _search(rule: Rule, release: Release, suffix: str) -> str:
    room = MOST - len(f"{release.name} - {suffix}")
    cleaned = plain(title(rule)) or identifier(rule.stem)
    short = cleaned if len(cleaned) <= room else cleaned[:room].rpartition(" ")[0] or cleaned[:room]
    return f"{release.name} - {short.rstrip(' .,&-')}{suffix}"


def _hash(rule: Rule) -> str:
    return hashlib.sha256(f"{rule.id} {rule.stem}".encode()).hexdigest()[:8]
