"""Splunk's .conf files. Each value stands on one line, so that none can be read as anything else.

A line that ends in a backslash would go on in the next one; no value ends so (Splunk, Admin Manual,
"About configuration files").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from converter.packages.metadata import line

Stanza = Mapping[str, str | int]


class Code(str):
    """SPL or JSON of one line: each blank and letter counts."""

    __slots__ = ()


_ADDRESS = re.compile(r"(?<![\d.])(\d{1,3}\.\d{1,3}\.\d{1,3})\.(\d{1,3})(?![\d.])")
_NOT_IN_NAMES = re.compile(r"[^\w .,()&'-]+")


def conf(stanzas: Mapping[str, Stanza]) -> bytes:
    """A file of stanzas, in the order given."""
    parts = []
    for name, settings in stanzas.items():
        lines = [
            f"{key} = {text if isinstance(text, Code) else value(text)}".rstrip()
            for key, text in settings.items()
        ]
        parts.append("\n".join([f"[{name}]", *lines, ""]))
    return "\n".join(parts).encode()


def value(text: str | int) -> str:
    """Words on one line that does not end in a backslash."""
    return line(text).rstrip("\\ ")


def as_value(data: Any) -> Code:
    """JSON on one line."""
    return Code(orjson.dumps(data).decode())


def plain(text: str) -> str:
    """A title without the marks that mean something in a stanza's name or in a search."""
    return " ".join(_NOT_IN_NAMES.sub(" ", line(text)).split()).strip(" .,&'-")


def defanged(text: str) -> str:
    """Text in which an address is for people alone: AppInspect takes any other for a secret."""
    return _ADDRESS.sub(r"\1[.]\2", text)


def untoken(text: str) -> str:
    """Text for settings in which `$name$` stands for a field of the result: dollars look alike."""
    return text.replace("$", "＄")
