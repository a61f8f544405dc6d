"""What a rule calls the parts of its predicate: selections, selectors, filters."""

from __future__ import annotations

from collections.abc import Sequence

from sigma.rule import SigmaRule

from converter.rules import Rule
from converter.upstream.conditions import condition_names

_ADDED = "_cond_"  # pySigma's names for what pipelines add end by chance


def names_of(rules: Sequence[Rule], trees: Sequence[SigmaRule]) -> dict[tuple[int, ...], str]:
    """Names by their way down the predicate of a rule and its filters, as mapped."""
    if len(rules) == 1:
        return _names(trees[0])
    names: dict[tuple[int, ...], str] = {}
    for place, (rule, tree) in enumerate(zip(rules, trees, strict=True)):
        whose = f"{'filter' if place else 'rule'} {rule.title}"
        names[(place,)] = whose
        for way, name in _names(tree).items():
            names[(place, *way)] = name if way else f"{whose}: {name}"
    return names


def _names(tree: SigmaRule) -> dict[tuple[int, ...], str]:
    found = condition_names(tree).items()
    return {way: "pipeline" if name.startswith(_ADDED) else name for way, name in found}
