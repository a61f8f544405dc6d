"""Objects as Java's HashMap holds and prints them.

Elasticsearch parses an event into hash maps; the CloudTrail pipeline stores some of them as the
text that Map.toString gives: `{key=value, other={inner=1}}`, no quotes, in hash order.
Source: java.util.HashMap, java.util.AbstractMap.toString, Double.toString (Java SE documentation).
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Any

_FIRST_TABLE = 16
_WORD = 0xFFFFFFFF


def hash_ordered(value: Any) -> Any:
    """A copy whose objects hold their keys in the order in which a HashMap gives them."""
    if isinstance(value, dict):
        return {key: hash_ordered(value[key]) for key in hash_order(list(value))}
    if isinstance(value, list):
        return [hash_ordered(item) for item in value]
    return value


def hash_order(keys: list[str]) -> list[str]:
    """The keys by bucket; the bucket count doubles whenever it is more than three quarters full."""
    buckets = _FIRST_TABLE
    while len(keys) * 4 > buckets * 3:
        buckets *= 2
    return sorted(keys, key=lambda key: _spread(key) & (buckets - 1))


@lru_cache(maxsize=8192)
def _spread(key: str) -> int:
    """String.hashCode with its upper half folded in, as HashMap.hash does."""
    units = key.encode("utf-16-be", "surrogatepass")
    code = 0
    for high, low in zip(units[::2], units[1::2], strict=True):
        code = (code * 31 + (high << 8 | low)) & _WORD
    return code ^ (code >> 16)


def java_text(value: object) -> str:
    """The value as Java's toString prints it, objects in the order in which they stand."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={java_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(java_text(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return _double(value) if isinstance(value, float) else "null" if value is None else str(value)


def _double(value: float) -> str:
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    mantissa, _, exponent = f"{Decimal(repr(value)).normalize():E}".partition("E")
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}"
