"""Reading Sigma rules: files and folders in, rules and errors out.

A bad file, document or rule never stops the others: it becomes a RuleError with its place.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from converter.errors import RuleError
from converter.rules.checks import CHECKS
from converter.rules.model import Kind, Rule, RuleSet
from converter.rules.yaml_reader import Document, read_documents

__all__ = ["Kind", "Rule", "RuleSet", "read_rules"]

_MAX_BYTES = 10 * 1024 * 1024


def read_rules(places: Sequence[str]) -> RuleSet:
    """The rules of files and folders (searched for .yml and .yaml, sorted by path)."""
    rules: list[Rule] = []
    errors: list[RuleError] = []
    for path, stem in _files(places, errors):
        try:
            rules.extend(_read_file(path, stem, errors))
        except RuleError as error:
            errors.append(error)
    kept, doubles = _without_doubles(rules)
    return RuleSet(tuple(kept), (*errors, *doubles))


def _files(places: Sequence[str], errors: list[RuleError]) -> Iterator[tuple[str, str]]:
    for place in places:
        if os.path.isdir(place):
            found = sorted(_below(place))
            if not found:
                step = "name a folder with .yml files"
                errors.append(RuleError("no rules in this folder", path=place, next_step=step))
            yield from ((path, _stem(os.path.relpath(path, place))) for path in found)
        elif os.path.exists(place):
            yield _posix(place), _stem(_below_root(place))
        else:
            step = "check the spelling of the path"
            errors.append(RuleError("no such file or folder", path=place, next_step=step))


def _below(folder: str) -> Iterator[str]:
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if name.endswith((".yml", ".yaml")) and not name.startswith("."):
                yield _posix(os.path.join(root, name))


def _below_root(path: str) -> str:
    """A single file keeps its place below `sigma_rules/`, else only its name."""
    _, found, rest = _posix(os.path.abspath(path)).rpartition("/sigma_rules/")
    return rest if found else os.path.basename(path)


def _posix(path: str) -> str:
    return path.replace(os.sep, "/")


def _stem(path: str) -> str:
    return _posix(os.path.splitext(path)[0])


def _read_file(path: str, stem: str, errors: list[RuleError]) -> Iterator[Rule]:
    text = _text(path)
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
            yield _rule(path, f"{stem}.{index + 1}" if index else stem, index, document, text)
        except RuleError as error:
            error.at(path, document.line)
            errors.append(error)


def _text(path: str) -> str:
    try:
        if os.path.getsize(path) > _MAX_BYTES:
            raise RuleError(
                "larger than 10 MiB", path=path, next_step="name a file with Sigma rules"
            )
        with open(path, "rb") as file:
            raw = file.read()
        if b"\0" in raw:
            raise RuleError("a binary file", path=path, next_step="name a file with Sigma rules")
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        what = f"byte {error.start} is not UTF-8"
        raise RuleError(what, path=path, line=line, next_step="save the file as UTF-8") from None
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
        raise RuleError(what, path=path, next_step="check that it exists and may be read") from None


def _yaml_error(path: str, error: yaml.YAMLError) -> RuleError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    line = mark.line + 1 if mark else 0
    return RuleError(f"not YAML: {problem}", path=path, line=line, next_step="mend the YAML")


def _rule(path: str, stem: str, index: int, document: Document, text: str) -> Rule:
    if document.flaws:
        flaw = document.flaws[0]
        raise RuleError(flaw.what, path=path, line=flaw.line, next_step=flaw.next_step)
    data = document.value
    if not isinstance(data, dict):
        raise RuleError("not a Sigma rule: no map of keys", next_step="start with `title:`")
    rule = Rule(path, stem, index, _kind(data), data, text)
    CHECKS[rule.kind](rule)
    return rule


def _kind(data: dict[str, Any]) -> Kind:
    if "correlation" in data:
        return "correlation"
    return "filter" if "filter" in data else "rule"


def _without_doubles(rules: list[Rule]) -> tuple[list[Rule], list[RuleError]]:
    seen: dict[str, Rule] = {}
    errors: list[RuleError] = []
    for rule in rules:
        first = seen.setdefault(rule.id, rule)
        if first is not rule:
            what = f"the id {rule.id} belongs to {first.path} already"
            errors.append(rule.error(what, "id", next_step="give one of the two a new UUID"))
    return list(seen.values()), errors
