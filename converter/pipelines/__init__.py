"""A rule's native names become the names of one schema: pipelines, and the field catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.homes import finder
from converter.places import pipeline_folders

if TYPE_CHECKING:
    from converter.pipelines.applying import Mapped, Pipelines
    from converter.pipelines.catalogue import SCHEMAS, Facts, Schema, Source, nearest
    from converter.pipelines.log_sources import LogSources, View

__all__ = [
    "SCHEMAS",
    "Facts",
    "LogSources",
    "Mapped",
    "Pipelines",
    "Schema",
    "Source",
    "View",
    "nearest",
    "pipeline_folders",
]

# Loaded only when asked for: a scan whose rules are known needs no pySigma.
_HOMES = {
    "SCHEMAS": "catalogue",
    "Facts": "catalogue",
    "LogSources": "log_sources",
    "Mapped": "applying",
    "Pipelines": "applying",
    "Schema": "catalogue",
    "Source": "catalogue",
    "View": "log_sources",
    "nearest": "catalogue",
}

if not TYPE_CHECKING:  # so that names which are not there are still found by the type checker
    __getattr__ = finder(__name__, _HOMES)
