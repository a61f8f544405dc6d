"""What a language makes of a rule: text, and how far it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Fidelity = Literal["proved", "unproved", "partial", "unsupported", "different"]
Direction = Literal["widens", "narrows", "both"]


@dataclass(frozen=True, slots=True)
class Query:
    """One rule in one language.

    `assumptions` must hold of the data for the query to mean the rule; `notes` say what is lost
    (partial), why there is no query (unsupported), or what the query needs to run.
    """

    language: str
    text: str
    fidelity: Fidelity
    assumptions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
