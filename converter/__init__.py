"""Sigma rules in, faithful queries for every SIEM out; and a native matcher.

The library face is here: `load_rules` and `compile_rules`. See docs/library.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.homes import finder

if TYPE_CHECKING:
    from converter.errors import PolysigmaError
    from converter.library import CompiledRules, Match, Stream, compile_rules, load_rules
    from converter.rules import Rule, RuleSet

__version__ = "0.1.0"

__all__ = [
    "CompiledRules",
    "Match",
    "PolysigmaError",
    "Rule",
    "RuleSet",
    "Stream",
    "compile_rules",
    "load_rules",
]

# Loaded only when asked for, so that the command line answers at once.
_HOMES = {
    "CompiledRules": "library",
    "Match": "library",
    "PolysigmaError": "errors",
    "Rule": "rules",
    "RuleSet": "rules",
    "Stream": "library",
    "compile_rules": "library",
    "load_rules": "library",
}

__getattr__ = finder(__name__, _HOMES)
