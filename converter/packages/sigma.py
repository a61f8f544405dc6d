"""The rules themselves, for any program that reads Sigma: a folder in SigmaHQ's layout, and a zip.

Value lists that rules name come along, as text and as a pipeline for pySigma.

What only this project's own words say (`|weekday`, `|fieldref|differs`, first-seen rules) would
mean something else, or nothing, to others; such rules are left out, and so is what rests on them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import yaml

from converter.errors import PolysigmaError, Unsupported
from converter.packages.archives import zipped
from converter.packages.content import Content, Package
from converter.packages.text import canonical
from converter.rules import Rule

_CATEGORIES: Mapping[str, str] = {
    "aws": "cloud",
    "azure": "cloud",
    "gcp": "cloud",
    "m365": "cloud",
    "okta": "identity",
    "onelogin": "identity",
    "github": "application",
    "bitbucket": "application",
    "kubernetes": "application",
    "cisco": "network",
    "fortigate": "network",
    "huawei": "network",
    "juniper": "network",
    "zeek": "network",
}
_OWN_WORDS = re.compile(r"\|(weekday|differs)\b")
_LICENSE = "LICENSE.md"


def build(content: Content) -> Package:
    """Each rule as a file of its own, and all of them in one zip."""
    own = {entry.rule.id: why for entry in content.entries if (why := _own_word(entry.rule))}
    files: dict[str, bytes] = {}
    left_out: list[PolysigmaError] = []
    rules = [entry.rule for entry in content.entries] + list(content.filters)
    needs = {entry.rule.id: [base.id for base in entry.bases] for entry in content.entries}
    for rule in rules:
        why = next((own[id] for id in (rule.id, *needs.get(rule.id, ())) if id in own), "")
        if why:
            error = Unsupported(why, path=rule.path, next_step="use another package for it")
            left_out.append(error)
        else:
            files[_path(rule)] = _document(rule)
    lists = {f"lists/{name}.txt": _lines(values) for name, values in content.lists.items()}
    if lists:
        lists["pipelines/value_lists.yml"] = _pipeline(content.lists)
    archive = f"{content.release.name}-{content.release.version}-sigma.zip"
    return Package({**files, **lists, archive: zipped(files | lists)}, tuple(left_out))


def _path(rule: Rule) -> str:
    """SigmaHQ's layout: rules/<kind of product>/<product>/<service>/<name>.yml."""
    *folders, name = rule.stem.split("/")
    product = rule.logsource.get("product", "")
    kind = _CATEGORIES.get(product)
    top = ["rules", kind] if kind and rule.kind == "rule" else ["rules"]
    prefix = "_".join(folders) if rule.kind == "rule" else rule.kind
    full = name if name.startswith(f"{product}_") else f"{prefix}_{name}"
    return "/".join([*top, *folders, f"{full.strip('_')}.yml"])


def _document(rule: Rule) -> bytes:
    """The rule's own text where the file holds one rule, else this rule written out."""
    text = rule.text
    if not re.search(r"^---", text.lstrip("-\n"), re.MULTILINE):
        return text.encode()
    return yaml.safe_dump(rule.data, sort_keys=False, allow_unicode=True, width=120).encode()


def _lines(values: tuple[str, ...]) -> bytes:
    return "".join(f"{value}\n" for value in values).encode()


def _pipeline(lists: Mapping[str, tuple[str, ...]]) -> bytes:
    """A pySigma pipeline that puts the lists' values in the place of their names."""
    step = {"id": "value_lists", "type": "value_placeholders", "include": sorted(lists)}
    pipeline = {
        "name": "Value lists",
        "priority": 5,
        "vars": {name: list(values) for name, values in sorted(lists.items())},
        "transformations": [step],
    }
    return yaml.safe_dump(pipeline, sort_keys=False, allow_unicode=True).encode()


def _own_word(rule: Rule) -> str:
    if "new_terms" in rule.extra:
        return "Sigma cannot say that something was not seen before"
    found = next(_words(rule), "")
    return f"`|{found}` is no word of the Sigma specification" if found else ""


def _words(rule: Rule) -> Iterator[str]:
    detection = rule.data.get("detection") or rule.data.get("filter") or {}
    text = canonical(_keys(detection)).decode()
    yield from (found[1] for found in _OWN_WORDS.finditer(text))


def _keys(part: object) -> list[object]:
    if isinstance(part, dict):
        return [[str(key), _keys(value)] for key, value in part.items()]
    return [_keys(value) for value in part] if isinstance(part, list) else []
