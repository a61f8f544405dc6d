"""Rules as files of the repository elastic/detection-rules, in its layout and schema.

Format: detection_rules/rule.py and schemas/definitions.py of that repository; versions, required
fields and integrations are its own to work out, when it exports.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import tomlkit

from converter.errors import PackageError, PolysigmaError
from converter.packages.content import Content, Entry, Package
from converter.packages.kibana import losses, related_integrations, rule_object
from converter.packages.kibana_types import Shape, choose
from converter.packages.metadata import is_deprecated, line, risk_score, titles
from converter.packages.threat import aims
from converter.rules import Rule

_WORKED_OUT = {
    "version",
    "enabled",
    "to",
    "exceptions_list",
    "related_integrations",
    "required_fields",
}
_DATE = re.compile(r"(\d{4})[-/](\d{2})[-/](\d{2})")
_MATURITY = {"stable": "production", "test": "production", "deprecated": "deprecated"}
_LONG = 80
_ENDS = re.compile(
    r"^[^a-zA-Z0-9]+|[^a-zA-Z0-9()\[\]]+$"
)  # what a name there cannot begin, end with


def build(content: Content) -> Package:
    """One TOML file a rule."""
    named = titles(entry.rule for entry in content.entries)
    files: dict[str, bytes] = {}
    left_out: list[PolysigmaError] = []
    notes: list[str] = []
    for entry in content.entries:
        try:
            shape = choose(entry, content)
            _check_score(entry.rule)
            rule = rule_object(entry, shape, content, named[entry.rule.id])
            data = {
                "metadata": _metadata(entry, "building_block_type" in rule),
                "rule": _rule(rule, shape),
            }
        except PolysigmaError as error:
            left_out.append(error.at(entry.rule.path))
            continue
        notes += [f"{entry.rule.path}: {shape.type}: {loss}" for loss in losses(shape)]
        files[_path(entry, content, rule, files)] = tomlkit.dumps(_written(data)).encode()
    return Package(files, tuple(left_out), tuple(notes))


def _metadata(entry: Entry, building_block: bool) -> dict[str, Any]:
    rule = entry.rule
    created = _date(rule, "date")
    updated = _date(rule, "modified") if rule.data.get("modified") else created
    found: dict[str, Any] = {"creation_date": created}
    if packages := _packages(entry):
        found["integration"] = packages
    found["maturity"] = _MATURITY.get(rule.status, "development")
    if building_block:
        found["bypass_bbr_timing"] = True
    if is_deprecated(rule):
        found["deprecation_date"] = updated
    found["updated_date"] = updated
    found["extended"] = {"sigma_id": rule.id, "sigma_status": rule.status or "none"}
    return found


def _packages(entry: Entry) -> list[str]:
    """The Elastic integrations that bring the rule's events, by name."""
    return sorted({one["package"] for one in related_integrations(entry)})


def _check_score(rule: Rule) -> None:
    if risk_score(rule) == 0:
        what = "a risk score of 0, where detection-rules begins at 1"
        at = rule.line("polysigma", "risk_score")
        raise PackageError(what, path=rule.path, line=at, next_step="write 1 or more")


def _date(rule: Rule, key: str) -> str:
    found = _DATE.fullmatch(str(rule.data.get(key, "")))
    if found is None:
        what = f"no readable `{key}:`, which detection-rules requires"
        step = f"write {key}: YYYY-MM-DD"
        raise PackageError(what, path=rule.path, line=rule.line(key), next_step=step)
    return "/".join(found.groups())


def _rule(found: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    rule = {key: value for key, value in found.items() if key not in _WORKED_OUT}
    rule["name"] = _ENDS.sub("", rule["name"]) or f"Rule {rule['rule_id']}"
    if shape.type == "esql" and "METADATA _id" in shape.query.text:
        rule["query"] = f"{shape.query.text}\n| KEEP *"
    if shape.type == "new_terms":
        history = rule.pop("history_window_start")
        rule["new_terms"] = {
            "field": "new_terms_fields",
            "value": rule.pop("new_terms_fields"),
            "history_window_start": [{"field": "history_window_start", "value": history}],
        }
    plain = {key: value for key, value in rule.items() if not _is_table(value)}
    return plain | {key: value for key, value in rule.items() if _is_table(value)}


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and isinstance(value[0], dict))


def _path(entry: Entry, content: Content, rule: Mapping[str, Any], taken: Mapping[str, Any]) -> str:
    """rules/integrations/<package>/<first tactic>_<name>.toml, and no two alike."""
    packages = _packages(entry)
    folder = f"integrations/{packages[0]}" if len(packages) == 1 else "cross-platform"
    top = "rules_building_block" if "building_block_type" in rule else f"rules/{folder}"
    if is_deprecated(entry.rule):
        top = "rules/_deprecated"
    aimed = aims(entry.rule, content.attack)
    words = [aimed[0].tactic.name] if aimed else []
    name = _slug(" ".join([*words, *entry.rule.stem.split("/")[-1:]])) or entry.rule.id
    path = f"{top}/{name}.toml"
    return path if path not in taken else f"{top}/{name}_{entry.rule.id[:8]}.toml"


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", line(text).lower()).strip("_")


def _written(data: Mapping[str, Any]) -> dict[str, Any]:
    """Texts of several lines stand between triple quotes, as people write them."""
    return {key: _written_value(value) for key, value in data.items()}


def _written_value(value: Any) -> Any:
    if isinstance(value, dict):
        return _written(value)
    if isinstance(value, str) and ("\n" in value or len(value) > _LONG):
        return tomlkit.string(value, multiline=True)
    return value
