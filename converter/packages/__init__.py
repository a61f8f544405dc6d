"""Packages: what each platform installs, built from rules and their queries.

A builder gets `Content` (rules, queries with their fidelity, facts of the catalogue as plain data)
and gives a `Package`: `{path: bytes}` below a folder of the package's name, and what was left out.
It writes nothing and never meets pySigma. Same content, same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from converter.packages import detection_rules, kibana, navigator, sigma, splunk
from converter.packages.content import Content, Entry, Package, Release
from converter.packages.splunk import contentctl

__all__ = ["PACKAGES", "Builder", "Content", "Entry", "Package", "Release"]

Builder = Callable[[Content], Package]

PACKAGES: Mapping[str, Builder] = {
    "contentctl": contentctl.build,
    "detection-rules": detection_rules.build,
    "kibana": kibana.build,
    "navigator": navigator.build,
    "sigma": sigma.build,
    "splunk": splunk.build,
}
