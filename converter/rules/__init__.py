"""Reading Sigma rules: files and folders in, rules and errors out.

A bad file, document or rule never stops the others: it becomes a RuleError with its place.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import yaml

from converter.errors import RuleError
from converter.rules.checks import CHECKS
from converter.rules.model import Kind, Rule, RuleSet
from converter.rules.yaml_reader import Document, read_documents

__all__ = ["Kind", "Rule", "RuleFile", "RuleSet", "read_rules", "rule_files", "rules_of", "touched"]

_MAX_BYTES = 10 * 1024 * 1024


Remembered = Mapping[str, Sequence[dict[str, Any]]]


@dataclass(frozen=True)
class RuleFile:
    """A file with rules: its path, its stem, and its content or why there is none."""

    path: str
    stem: str
    raw: bytes
    error: RuleError | None = None

    @cached_property
    def digest(self) -> str:
        """A name for the content."""
        return hashlib.sha256(self.raw).hexdigest()


def rule_files(places: Sequence[str]) -> tuple[list[RuleFile], list[RuleError]]:
    """All files of these places with their content, and what could not be found."""
    errors: list[RuleError] = []
    return [_load(path, stem) for path, stem in _files(places, errors)], errors


def touched(places: Sequence[str], since: int) -> bool:
    """Whether a rule file has changed since then (nanoseconds), as far as its time tells."""
    with contextlib.suppress(OSError):
        return any(os.stat(path).st_mtime_ns > since for path, _ in _files(places, []))
    return True


def read_rules(places: Sequence[str]) -> RuleSet:
    """The rules of files and folders (searched for .yml and .yaml, sorted by path)."""
    files, errors = rule_files(places)
    return rules_of(files, errors)


def rules_of(
    files: Sequence[RuleFile],
    errors: Sequence[RuleError] = (),
    remembered: Remembered = MappingProxyType({}),
) -> RuleSet:
    """The rules of files. `remembered` are the documents of faultless files by their digest."""
    rules: list[Rule] = []
    found = list(errors)
    for file in files:
        try:
            rules.extend(_read_file(file, remembered.get(file.digest), found))
        except RuleError as error:
            found.append(error)
    kept, doubles = _without_doubles(rules)
    return RuleSet(tuple(kept), (*found, *doubles))


def _files(places: Sequence[str], errors: list[RuleError]) -> Iterator[tuple[str, str]]:
    for place in places:
        if os.path.isdir(place):
            found = sorted(_below(place))
            if not found:
                step = "name a folder with .yml files"
                errors.append(RuleError("no rules in this folder", path=place, next_step=step))
            above = _below_root(_posix(os.path.abspath(place)) + "/")
            yield from ((_posix(os.path.join(place, path)), _stem(above + path)) for path in found)
        elif os.path.exists(place):
            below = _below_root(_posix(os.path.abspath(place)))
            yield _posix(place), _stem(below or os.path.basename(place))
        else:
            step = "check the spelling of the path"
            errors.append(RuleError("no such file or folder", path=place, next_step=step))


def _below(folder: str) -> Iterator[str]:
    """The rule files below a folder, as seen from it."""
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        inner = root[len(os.fspath(folder)) :].lstrip(os.sep)
        for name in names:
            if name.endswith((".yml", ".yaml")) and not name.startswith("."):
                yield _posix(os.path.join(inner, name))


def _below_root(path: str) -> str:
    """A file or folder (with a slash) that is named alone keeps its place below `sigma_rules/`."""
    _, found, rest = path.rpartition("/sigma_rules/")
    return rest if found else ""


def _posix(path: str) -> str:
    return path.replace(os.sep, "/")


def _stem(path: str) -> str:
    return _posix(os.path.splitext(path)[0])


def _read_file(
    file: RuleFile, remembered: Sequence[dict[str, Any]] | None, errors: list[RuleError]
) -> Iterator[Rule]:
    if remembered is not None:
        text = file.raw.decode("utf-8-sig")
        for index, data in enumerate(remembered):
            stem = _numbered(file.stem, index)
            yield Rule(file.path, stem, index, _kind(data), data, text, file.digest)
        return
    path, text = file.path, _text(file)
    try:
        documents = read_documents(text)
    except yaml.YAMLError as error:
        raise _yaml_error(path, error) from None
    except RecursionError:
        raise RuleError("nested too deeply", path=path, next_step="flatten the rule") from None
    if not documents:
        raise RuleError("the file is empty", path=path, next_step="write a rule or remove the file")
    for index, document in enumerate(documents):
        try:
            yield _rule(file, index, document, text)
        except RuleError as error:
            error.at(path, document.line)
            errors.append(error)


def _numbered(stem: str, index: int) -> str:
    return f"{stem}.{index + 1}" if index else stem


def _load(path: str, stem: str) -> RuleFile:
    try:
        if os.path.getsize(path) > _MAX_BYTES:
            step = "name a file with Sigma rules"
            error = RuleError("larger than 10 MiB", path=path, next_step=step)
            return RuleFile(path, stem, b"", error)
        with open(path, "rb") as file:
            return RuleFile(path, stem, file.read())
    except OSError as fault:
        what = f"cannot be read ({fault.strerror})"
        error = RuleError(what, path=path, next_step="check that it exists and may be read")
        return RuleFile(path, stem, b"", error)


def _text(file: RuleFile) -> str:
    if file.error is not None:
        raise file.error
    if b"\0" in file.raw:
        step = "name a file with Sigma rules"
        raise RuleError("a binary file", path=file.path, next_step=step)
    try:
        return file.raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = file.raw[: error.start].count(b"\n") + 1
        what = f"byte {error.start} is not UTF-8"
        step = "save the file as UTF-8"
        raise RuleError(what, path=file.path, line=line, next_step=step) from None


def _yaml_error(path: str, error: yaml.YAMLError) -> RuleError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    line = mark.line + 1 if mark else 0
    return RuleError(f"not YAML: {problem}", path=path, line=line, next_step="mend the YAML")


def _rule(file: RuleFile, index: int, document: Document, text: str) -> Rule:
    if document.flaws:
        flaw = document.flaws[0]
        raise RuleError(flaw.what, path=file.path, line=flaw.line, next_step=flaw.next_step)
    data = document.value
    if not isinstance(data, dict):
        raise RuleError("not a Sigma rule: no map of keys", next_step="start with `title:`")
    stem = _numbered(file.stem, index)
    rule = Rule(file.path, stem, index, _kind(data), data, text, file.digest)
    CHECKS[rule.kind](rule)
    return rule


def _kind(data: dict[str, Any]) -> Kind:
    if "correlation" in data:
        return "correlation"
    return "filter" if "filter" in data else "rule"


def _without_doubles(rules: list[Rule]) -> tuple[list[Rule], list[RuleError]]:
    seen: dict[str, Rule] = {}
    errors: list[RuleError] = []
    for number, rule in enumerate(rules):
        first = seen.setdefault(rule.id or f"filter {number}", rule)  # these need none
        if first is not rule:
            what = f"the id {rule.id} belongs to {first.path} already"
            errors.append(rule.error(what, "id", next_step="give one of the two a new UUID"))
    return list(seen.values()), errors
