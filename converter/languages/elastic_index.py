"""Documents as Elasticsearch indexes them: per field, by its type, the values a query can meet.

A mapping gives each field one of Elasticsearch's types or one of these: `lowercase` (keyword with
a lowercase normalizer), `text+keyword` (sub-field `.keyword`), `keyword+text` (match_only_text
sub-field `.text`), `keyword+caseless` (sub-field `.caseless`, lowercase), and
`keyword,ignore_above=N`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from converter.languages.elastic_dates import parse_date
from converter.languages.elastic_words import lower, words

Address = IPv4Address | IPv6Address
Stored = str | int | float | bool | Address
Doc = Mapping[str, Any]

WHOLE = frozenset({"long", "integer", "short", "byte", "unsigned_long"})
DECIMAL = frozenset({"double", "float", "half_float", "scaled_float"})
NUMBERS = WHOLE | DECIMAL
TEXTS = frozenset({"text", "match_only_text"})
KEYWORDS = frozenset({"keyword", "constant_keyword", "lowercase", "wildcard"})
_SUB_FIELDS = {
    "text+keyword": ("text", "keyword", "keyword"),
    "keyword+text": ("keyword", "text", "match_only_text"),
    "keyword+caseless": ("keyword", "caseless", "lowercase"),
}


class Index:
    """What a mapping makes of documents. `fields` holds every field, sub-fields included."""

    def __init__(self, mapping: Mapping[str, str]) -> None:
        self.mapping = dict(mapping)

    @cached_property
    def fields(self) -> dict[str, str]:
        """Every field and its plain type, in order of the mapping."""
        return {name: plain for name, (plain, _, _) in self._sources.items()}

    @cached_property
    def _sources(self) -> dict[str, tuple[str, str, int]]:
        """Every field: its plain type, the name in documents, the longest value it keeps."""
        out: dict[str, tuple[str, str, int]] = {}
        for name, kind in self.mapping.items():
            plain, _, limit = kind.partition(",ignore_above=")
            plain, sub, below = _SUB_FIELDS.get(plain, (plain, "", ""))
            out[name] = (plain, name, int(limit or 0))
            if sub:
                out[f"{name}.{sub}"] = (below, name, 0)
        return out

    def type(self, field: str) -> str | None:
        """The field's type: `lowercase`, or one of Elasticsearch's; None where it is unmapped.

        Keys of a flattened field have the type flattened.
        """
        if field in self._sources:
            return self._sources[field][0]
        return "flattened" if self.flattened_root(field) else None

    def flattened_root(self, field: str) -> str:
        """The flattened field that this is a key of, or nothing."""
        roots = [name for name, plain in self.fields.items() if plain == "flattened"]
        return next((root for root in roots if field.startswith(root + ".")), "")

    def values(self, doc: Doc, field: str) -> list[Stored]:
        """The values a document has there, in its order; lists are flat, nulls are left out.

        Text as str, numbers as int or float, dates as milliseconds since 1970, addresses as
        ipaddress objects (IPv4 where an IPv6 address holds one), leaves of flattened as text.
        """
        if field not in self._sources:
            return [text for text in map(as_text, _reach(doc, field)) if self.type(field)]
        plain, name, limit = self._sources[field]
        if plain == "flattened":
            return [as_text(leaf) for value in _reach(doc, name, True) for leaf in _leaves(value)]
        stored = [_READERS.get(plain, as_text)(value) for value in _reach(doc, name)]
        return [v for v in stored if not limit or not isinstance(v, str) or len(v) <= limit]

    def keyed(self, doc: Doc, root: str) -> list[str]:
        """Each leaf of a flattened field as its key, a zero character and its text."""
        whole = _reach(doc, root, True)
        return [f"{key}\0{as_text(leaf)}" for value in whole for key, leaf in _keys(value, "")]

    def tokens(self, doc: Doc, field: str) -> list[list[str]]:
        """The words of each text value (standard analyzer)."""
        return [words(str(value)) for value in self.values(doc, field)]

    def exists(self, doc: Doc, field: str) -> bool:
        """Whether a document has any value there."""
        return bool(self.values(doc, field))


def _reach(node: Any, path: str, whole: bool = False) -> Iterator[Any]:
    """Every value under a dotted path, through objects and keys with dots, lists made flat."""
    if isinstance(node, list):
        for item in node:
            yield from _reach(item, path, whole)
    elif not path:
        if node is not None and (whole or not isinstance(node, Mapping)):
            yield node
    elif isinstance(node, Mapping):
        for key, value in node.items():
            if path == key or path.startswith(key + "."):
                yield from _reach(value, path[len(key) + 1 :], whole)


def _leaves(node: Any) -> Iterator[Any]:
    if isinstance(node, Mapping | list):
        for item in node.values() if isinstance(node, Mapping) else node:
            yield from _leaves(item)
    elif node is not None:
        yield node


def _keys(node: Any, key: str) -> Iterator[tuple[str, Any]]:
    if isinstance(node, Mapping):
        for name, value in node.items():
            yield from _keys(value, f"{key}.{name}" if key else name)
    elif isinstance(node, list):
        for item in node:
            yield from _keys(item, key)
    elif node is not None:
        yield key, node


def as_text(value: Any) -> str:
    """A JSON value as the text a keyword field keeps."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _lowered(value: Any) -> str:
    return lower(as_text(value))


def _whole(value: Any) -> int:
    return int(value) if isinstance(value, int) or "." not in str(value) else int(float(value))


def _boolean(value: Any) -> bool:
    return value is True or value == "true"


def _date(value: Any) -> int:
    return parse_date(as_text(value))


def address_of(text: str) -> Address:
    """An address; an IPv4 address inside an IPv6 one as IPv4. Raises ValueError."""
    address = ip_address(text)
    return getattr(address, "ipv4_mapped", None) or address


_READERS: dict[str, Callable[[Any], Stored]] = {
    "lowercase": _lowered,
    "boolean": _boolean,
    "date": _date,
    "ip": address_of,
    **dict.fromkeys(WHOLE, _whole),
    **dict.fromkeys(DECIMAL, float),
}
