"""Reads Splunk's .conf files and writes out macros, independently of what makes them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping

Conf = dict[str, dict[str, str]]


def read_conf(data: bytes) -> Conf:
    """Stanzas by name. ValueError for what Splunk would read otherwise, or drop without a word."""
    out: Conf = {}
    stanza: dict[str, str] | None = None
    for number, line in enumerate(data.decode().split("\n"), 1):
        if line.endswith("\\") or re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]", line):
            raise ValueError(f"line {number} goes on in the next, or has control characters")
        if not line.strip():
            continue
        named = re.fullmatch(r"\[([^\[\]\\]+)\]", line)
        if named:
            if named[1].lower() in {name.lower() for name in out}:
                raise ValueError(f"line {number}: {named[1]} for the second time")
            stanza = out[named[1]] = {}
            continue
        key, equals, value = line.partition(" = ")
        key = key.removesuffix(" =")
        if stanza is None or not (equals or line.endswith(" =")) or key in stanza:
            raise ValueError(f"line {number} is no new setting of a stanza")
        stanza[key] = value
    return out


def macro_calls(text: str) -> list[tuple[str, list[str]]]:
    """Macros outside of double quotes, each with its arguments."""
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', '""', text)
    calls = [re.fullmatch(r"([\w-]+)(?:\((.*)\))?", call) for call in re.findall("`([^`]*)`", bare)]
    return [(call[1], call[2].split(",") if call[2] else []) for call in calls if call]


def expanded(text: str, macros: Mapping[str, Mapping[str, str]]) -> str:
    """The search as Splunk runs it. KeyError for a macro that is not there with this arity."""

    def write(found: re.Match[str]) -> str:
        if found[0].startswith('"'):
            return found[0]
        ((name, args),) = macro_calls(found[0])
        macro = macros[f"{name}({len(args)})" if args else name]
        body = macro["definition"]
        names = macro["args"].split(",") if args else []
        for parameter, value in zip(names, args, strict=True):
            body = body.replace(f"${parameter}$", value)
        return body

    return re.sub(r'"(?:[^"\\]|\\.)*"|`[^`]*`', write, text)


def rows(data: bytes) -> list[dict[str, str]]:
    """A lookup's rows by column."""
    return list(csv.DictReader(io.StringIO(data.decode())))
