"""A JSON Schema's refusals in plain words.

The schemas (data/*.schema.json) hold what is allowed and, under `x-next-step`, what to tell an
author; here stands one phrase for each of the schema keywords that they use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any, cast

import orjson
from jsonschema import Draft202012Validator

from converter.check.finding import Fault, Keys


@dataclass(frozen=True, slots=True)
class _Refusal:
    """One keyword of a schema that a value does not meet."""

    keyword: str
    wanted: Any
    found: Any
    schema: dict[str, Any]
    keys: Keys

    def next_step(self, name: str) -> str:
        return f"add it: {self.schema['properties'][name]['x-next-step']}"


def violations(schema: str, value: Any, at: Keys = ()) -> Iterator[Fault]:
    """What data/<schema>.schema.json refuses in the value, which stands at `at` in its file."""
    for error in _validator(schema).iter_errors(value):
        keys = (*at, *error.absolute_path)
        part = cast("dict[str, Any]", error.schema)
        refusal = _Refusal(str(error.validator), error.validator_value, error.instance, part, keys)
        if refusal.keyword in KEY_WORDS:
            yield from KEY_WORDS[refusal.keyword](refusal)
        else:
            what = f"{_place(keys)} {WORDS[refusal.keyword](refusal)}"
            yield Fault(what, part["x-next-step"], keys)


@cache
def _validator(schema: str) -> Draft202012Validator:
    raw = files("converter").joinpath(f"data/{schema}.schema.json").read_bytes()
    checker = Draft202012Validator.FORMAT_CHECKER
    return Draft202012Validator(orjson.loads(raw), format_checker=checker)


def _missing(refusal: _Refusal) -> Iterator[Fault]:
    for name in refusal.wanted:
        if name not in refusal.found:
            what = f"{_place((*refusal.keys, name))} is missing"
            yield Fault(what, refusal.next_step(name), refusal.keys)


def _unknown(refusal: _Refusal) -> Iterator[Fault]:
    known = list(refusal.schema["properties"])
    for name in [name for name in refusal.found if name not in known]:
        near = get_close_matches(str(name), known, 1)
        step = f"write `{near[0]}`" if near else f"the keys are: {', '.join(known)}"
        keys = (*refusal.keys, name)
        yield Fault(f"{_place(keys)} is no known key", step, keys)


def _needing(refusal: _Refusal) -> Iterator[Fault]:
    for name, needed in refusal.wanted.items():
        for other in needed:
            if name in refusal.found and other not in refusal.found:
                keys = (*refusal.keys, name)
                yield Fault(f"{_place(keys)} needs `{other}`", refusal.next_step(other), keys)


KEY_WORDS: dict[str, Callable[[_Refusal], Iterator[Fault]]] = {
    "required": _missing,
    "additionalProperties": _unknown,
    "dependentRequired": _needing,
}

TYPES = {
    "object": "a map of keys",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
}

WORDS: dict[str, Callable[[_Refusal], str]] = {
    "type": lambda r: f"is {_kind(r.found)}, not {TYPES[r.wanted]}",
    "enum": lambda r: f"is {_shown(r.found)}, not one of {', '.join(r.wanted)}",
    "pattern": lambda r: f"has a wrong form: {_shown(r.found)}",
    "format": lambda r: f"is no {r.wanted}: {_shown(r.found)}",
    "minLength": lambda r: f"has {len(r.found)} of at least {r.wanted} characters",
    "maxLength": lambda r: f"has {len(r.found)} of at most {r.wanted} characters",
    "minimum": lambda r: f"is {r.found}, less than {r.wanted}",
    "maximum": lambda r: f"is {r.found}, more than {r.wanted}",
    "minItems": lambda r: f"has {len(r.found)} of at least {r.wanted} entries",
    "maxItems": lambda r: f"has {len(r.found)} of at most {r.wanted} entries",
    "minProperties": lambda r: "is empty",
    "oneOf": lambda r: f"has not just one of {', '.join(one['required'][0] for one in r.wanted)}",
    "uniqueItems": lambda r: "has an entry twice",
}


def _kind(value: Any) -> str:
    kinds = {dict: "a map of keys", list: "a list", str: "text", type(None): "empty"}
    return kinds.get(type(value), f"`{str(value).lower()}`")


def _shown(value: Any) -> str:
    return f"`{value}`" if isinstance(value, str) else _kind(value)


def _place(keys: Keys) -> str:
    """`references[2]`: counted from 1, as people do; the file itself has no name."""
    text = "".join(f"[{key + 1}]" if isinstance(key, int) else f".{key}" for key in keys)
    return f"`{text.removeprefix('.')}`" if text else "the document"
