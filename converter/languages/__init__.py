"""The query languages. Each is one module; this is the list of them."""

from __future__ import annotations

from converter.languages.arranging import Scoped
from converter.languages.correlated import Correlated, Step
from converter.languages.emitter import Emitter
from converter.languages.eql import Eql
from converter.languages.esql import Esql
from converter.languages.first_seen import FirstSeen
from converter.languages.kql import Kql
from converter.languages.lucene import Lucene
from converter.languages.spl import Spl
from converter.queries import Direction, Fidelity, Query

__all__ = [
    "EMITTERS",
    "LANGUAGES",
    "Correlated",
    "Direction",
    "Emitter",
    "Fidelity",
    "FirstSeen",
    "Query",
    "Scoped",
    "Step",
]

LANGUAGES: dict[str, type[Emitter]] = {
    "lucene": Lucene,
    "eql": Eql,
    "esql": Esql,
    "spl": Spl,
}

# KQL says less than Lucene does; it is written where people will read it, in Kibana's rules.
EMITTERS: dict[str, type[Emitter]] = {**LANGUAGES, "kql": Kql}
