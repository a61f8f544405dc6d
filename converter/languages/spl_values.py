"""What SPL makes of values: numbers, networks, wildcards, patterns of PCRE (semantics: SPL 5-9)."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import Any

import re2

from converter.casing import fold
from converter.errors import Unsupported
from converter.predicate import Pattern, Wildcard

TIME_MODIFIERS = frozenset("earliest latest _index_earliest _index_latest".split())
# major breakers of Splunk's segmenters.conf, then these and the minor ones, as classes of RE2
MAJOR_BREAKERS = r"""[\s\[\]<>(){}|!;,'"*&?+]"""
BREAKERS = r"""[\s\[\]<>(){}|!;,'"*&?+/:=@.\-$#%\\_]"""
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$]")
_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\$|.", re.DOTALL)
_MANY_LINES = re.compile(r"\(\?[a-z]*m")


def pattern(text: str) -> Pattern:
    """A value of `search` as a pattern: each star is a wildcard."""
    pieces: list[str | Wildcard] = []
    for n, piece in enumerate(text.split("*")):
        pieces += [Wildcard.MANY] if n else []
        pieces += [piece] if piece else []
    return tuple(pieces) or ("",)


def number(value: object) -> int | float | None:
    """The value as a number, where it is one or reads as one."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return int(value) if value.lstrip("+-").isdigit() else float(value)
    return None


def text(value: object) -> str:
    """A single value as Splunk writes it; JSON's null is the text null (semantics: SPL 11)."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def texts(value: object) -> list[str]:
    """All values of a field, as text."""
    if isinstance(value, list | tuple):
        return [text(item) for item in value]
    return [text(value)]


def is_network(value: str) -> bool:
    """Whether a value of `search` is read as CIDR. Unsupported for bits beyond the mask."""
    if "/" not in value or "*" in value or value.startswith("/"):
        return False
    address, _, mask = value.partition("/")
    if not mask.isdigit():
        return False
    try:
        ipaddress.ip_address(address)
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    if str(network.network_address) != str(ipaddress.ip_address(address)):
        what = f"SPL: {value} has bits set beyond its mask; what it matches is not documented"
        raise Unsupported(what, next_step=f"write {network}")
    return True


def escape(text: str) -> str:
    """The text as a regular expression that matches it."""
    return _SPECIAL.sub(r"\\\g<0>", text)


def in_network(value: str, network: str) -> bool:
    """Whether the value is an address inside the network."""
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


@lru_cache(4096)
def glob_regex(glob: Pattern, cased: bool) -> Any:
    """A compiled expression for a whole value that fits the pattern."""
    wild = {Wildcard.MANY: ".*", Wildcard.ONE: "."}
    body = "".join(
        wild[p] if isinstance(p, Wildcard) else escape(p if cased else fold(p)) for p in glob
    )
    return re2.compile(f"(?s)^{body}$")


def fits(value: str, glob: Pattern, cased: bool) -> bool:
    """Whether the whole value fits the pattern."""
    return bool(glob_regex(glob, cased).search(value if cased else fold(value)))


@lru_cache(4096)
def pcre(expression: str) -> Any:
    """A compiled PCRE. Unsupported where the linear-time engine lacks a construct."""
    many = _MANY_LINES.search(expression)
    pieces = _PIECE.findall(expression)
    ready = "".join(r"(?:\n?\z)" if piece == "$" and not many else piece for piece in pieces)
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(ready, options)
    except re2.error as error:
        what = f"SPL: the regular expression {expression!r} cannot be held ({_why(error)})"
        raise Unsupported(
            what, next_step="write it without look-around and back-references"
        ) from None


def _why(error: Exception) -> str:
    reason = error.args[0] if error.args else ""
    return reason.decode() if isinstance(reason, bytes) else str(reason)


def phrase(words: str, cased: bool, breakers: str = BREAKERS) -> str:
    """A word or phrase of the raw event as an expression: whole segments (SM CASE and TERM).

    Unsupported for a star inside, of which it is not documented what it may run across.
    """
    inner = words.strip("*")
    if "*" in inner:
        what = f"SPL: the wildcard inside {words!r}, a term without a field"
        raise Unsupported(what, next_step="name the field")
    start = words.startswith("*") or re2.search(f"^{breakers}", inner)
    end = words.endswith("*") or re2.search(f"{breakers}$", inner)
    left = "" if start else f"(?:^|{breakers})"
    right = "" if end else f"(?:$|{breakers})"
    return f"{'' if cased else '(?i)'}{left}{escape(inner)}{right}"
