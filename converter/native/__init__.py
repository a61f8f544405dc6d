"""Code in C for what Python is too slow for; built where the project is installed, if it can be."""

from __future__ import annotations

import importlib
from types import ModuleType


def native() -> ModuleType | None:
    """The module; None where it was not built, or the processor lacks what it needs."""
    try:
        return importlib.import_module("converter.native.needles")
    except ImportError:
        return None
