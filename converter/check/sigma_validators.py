"""pySigma's own checks of a rule, those of them that say something the other checks do not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace

from sigma.exceptions import SigmaError
from sigma.rule import SigmaDetectionItem, SigmaLogSource, SigmaRule
from sigma.validators.base import SigmaRuleValidator, SigmaValidationIssue
from sigma.validators.core import condition, logsources, metadata, modifiers, tags, values

from converter.check.finding import Content, Fault, Keys
from converter.errors import RuleError
from converter.lower import tree
from converter.rules import Rule

# validator: where its issues are found, what to do about them
VALIDATORS: dict[type[SigmaRuleValidator], tuple[Keys, str]] = {
    condition.AllOfThemConditionValidator: (
        ("detection", "condition"),
        "name the selections, such as all of selection_*",
    ),
    condition.DanglingConditionValidator: (
        ("detection", "condition"),
        "correct the name, or add the selection",
    ),
    condition.DanglingDetectionValidator: (
        ("detection",),
        "use the selection in the condition, or remove it",
    ),
    condition.ThemConditionWithSingleDetectionValidator: (
        ("detection", "condition"),
        "write the selection's name",
    ),
    logsources.SpecificInsteadOfGenericLogsourceValidator: (
        ("logsource",),
        "write the category instead of service and EventID",
    ),
    metadata.CustomAttributesValidator: ((), "correct the key"),
    modifiers.InvalidModifierCombinationsValidator: (("detection",), "change the modifiers"),
    tags.CARTagValidator: (("tags",), "write car.YYYY-MM-NNN"),
    tags.CVETagValidator: (("tags",), "write cve.YYYY-NNNN"),
    tags.DetectionTagValidator: (
        ("tags",),
        "write detection.dfir, .emerging-threats or .threat-hunting",
    ),
    tags.NamespaceTagValidator: (
        ("tags",),
        "put tags of your own under polysigma.tags",
    ),
    tags.STPTagValidator: (("tags",), "write stp. and a level such as 3u"),
    tags.TLPTagValidator: (("tags",), "write tlp.clear, .green, .amber, .amber-strict or .red"),
    values.ControlCharacterValidator: (("detection",), "double the backslash before the letter"),
    values.DoubleWildcardValidator: (("detection",), "write one * instead of two"),
    values.WildcardsInsteadOfModifiersValidator: (
        ("detection",),
        "write |contains, |startswith or |endswith instead of the *",
    ),
}

SKIPPED = {
    "attacktag": "downloads ATT&CK; attack_tags reads the table that is shipped",
    "d3_fendtag": "downloads D3FEND",
    "duplicate_filename": "one file name in several log sources is the house's custom",
    "duplicate_references": "the header's schema says it",
    "duplicate_tag": "the header's schema says it",
    "duplicate_title": "title_once says it, with the line",
    "escaped_wildcard": "an escaped wildcard is what its author meant",
    "fieldname_logsource": "the field catalogue knows the fields, and convert refuses others",
    "filename_length": "no file name is too short for a folder that names the log source",
    "identifier_existence": "reading a rule says it",
    "identifier_uniqueness": "reading the rules says it",
    "number_as_string": "a number in a rule matches the number and its text alike",
    "tag_format": "the header's schema says it",
    "tlpv1_tag": "the present TLP versions are checked together",
    "tlpv2_tag": "the present TLP versions are checked together",
}

# the header's schema says what is wrong with these, pySigma would only say it again
_HEADER = ("author", "date", "level", "modified", "references", "related", "status")


def sigma(rule: Rule, content: Content) -> Iterator[Fault]:
    """pySigma can read the rule, and its validators agree with it."""
    if rule.kind != "rule":
        return
    body = {key: value for key, value in rule.data.items() if key not in _HEADER}
    try:
        sigma_rule = tree(replace(rule, data=body))
    except RuleError as error:
        yield Fault(error.what, error.next_step, line=error.line)
        return
    for validator, (keys, next_step) in VALIDATORS.items():
        for what in _issues(validator(), sigma_rule):
            yield Fault(what, next_step, keys)


def _issues(validator: SigmaRuleValidator, rule: SigmaRule) -> Iterator[str]:
    try:
        for issue in validator.validate(rule):
            yield _words(issue)
    except SigmaError as error:
        yield f"pySigma cannot check the rule: {' '.join(str(error).split())}"


def _words(issue: SigmaValidationIssue) -> str:
    """The issue's own sentence, and in brackets what it is about."""
    parts = [getattr(issue, field.name) for field in fields(issue) if field.name != "rules"]
    sentence = issue.description[0].lower() + issue.description[1:].removesuffix(".")
    return f"{sentence} ({', '.join(_shown(part) for part in parts)})" if parts else sentence


def _shown(part: object) -> str:
    if isinstance(part, SigmaLogSource):
        words = (part.product, part.category, part.service)
        return "/".join(word for word in words if word)
    return str(part.field if isinstance(part, SigmaDetectionItem) else part)
