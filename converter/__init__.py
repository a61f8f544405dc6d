"""Sigma rules in, faithful queries for every SIEM out; and a native matcher.

The library face is here: `load_rules` and `compile_rules`. See docs/library.md.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

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
    "CompiledRules": "converter.library",
    "Match": "converter.library",
    "PolysigmaError": "converter.errors",
    "Rule": "converter.rules",
    "RuleSet": "converter.rules",
    "Stream": "converter.library",
    "compile_rules": "converter.library",
    "load_rules": "converter.library",
}


def __getattr__(name: str) -> Any:
    """One name of the library face, from the module where it lives."""
    if name not in _HOMES:
        raise AttributeError(f"module 'converter' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
