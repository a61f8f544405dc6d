"""Probes -> regular expressions over bytes, few and cheap, and back from what one found to probes.

All values of one key become one expression: its key is what is looked for, and only behind it a
value. What it found there says which of the values it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from converter.matcher.index.needs import Foreign, Key, Member, Probe, Value

_FEW = 200
_ESCAPED = {'"': '\\"', "\\": "\\\\"}
_AFTER_BARE = rb'["\s,}\]]'
_OTHER_NUMBER = rb"-?[0-9]+[.eE]|-0"
_LIST = rb"\["
_FOREIGN = rb"[\xc2-\xf4][\x80-\xbf]|\\u[0-9a-fA-F]{4}"
_MAY_BE_OTHER = re.compile(_OTHER_NUMBER)
_WINDOW = 512


@dataclass(eq=False, slots=True)
class Mark:
    """What a hit says: one of these probes. Hits that say the same have the same mark."""

    probes: tuple[Probe, ...]


@dataclass(slots=True)
class Expression:
    """One regular expression; a hit means one of its probes, which `mark` can tell apart.

    It can by what stands behind the `key`, if there is one.
    """

    pattern: bytes
    probes: tuple[Probe, ...]
    key: bytes = b""
    _known: dict[bytes, Mark | None] = field(default_factory=dict)
    _values: dict[bytes, list[Probe]] = field(default_factory=dict)

    def mark(self, data: bytes, end: int) -> Mark | None:
        """Of which probes this hit may be, which ends there in the data; None for all of them."""
        if not self.key:
            return None
        start = data.rfind(self.key, max(0, end - _WINDOW), end)
        if start < 0:
            return None
        behind = data[start + len(self.key) : end]
        if behind in self._known:
            return self._known[behind]
        found = self._told(behind)
        if len(self._known) < _FEW * 8:
            self._known[behind] = found
        return found

    def _told(self, behind: bytes) -> Mark | None:
        value = behind.lstrip(b" \t\r\n:").removeprefix(b'"').replace(b"\\/", b"/").lower()
        if _MAY_BE_OTHER.fullmatch(value) or value not in self._values:
            return None
        return Mark(tuple(self._values[value]))


def expressions(probes: Iterable[Probe]) -> list[Expression]:
    """One expression or more for each key, one for each text; the same probes give the same."""
    grouped: dict[tuple[str, bool], list[Member]] = {}
    out = []
    for probe in sorted(set(probes), key=repr):
        if isinstance(probe, Member):
            grouped.setdefault((probe.key, probe.bare), []).append(probe)
        elif isinstance(probe, Key):
            out.append(Expression(_key(probe.key), (probe,)))
        elif isinstance(probe, Foreign):
            out.append(Expression(_FOREIGN, (probe,)))
        elif isinstance(probe, Value):
            out.append(Expression(b'"' + _any_case(_spelling(probe.text)) + b'"', (probe,)))
        else:
            out.append(Expression(_any_case(re.escape(probe.text.encode())), (probe,)))
    for (key, bare), members in grouped.items():
        out += [_members(key, bare, part) for part in _parts(members)]
    return out


def _parts(members: list[Member]) -> Iterator[list[Member]]:
    for start in range(0, len(members), _FEW):
        yield members[start : start + _FEW]


def _key(key: str) -> bytes:
    """The key, or the end of one with dots."""
    return rb'[".]' + re.escape(key.encode()) + rb'"\s*:'


def _members(key: str, bare: bool, members: list[Member]) -> Expression:
    values = b"|".join(_value(member) for member in members)
    if bare:
        under = b'(?:"?' + _any_case(values) + b"|" + _OTHER_NUMBER + b"|" + _LIST + b")"
    else:
        under = b'(?:"' + _any_case(values) + b"|" + _LIST + b")"
    found = Expression(_key(key) + rb"\s*" + under, tuple(members), key.encode() + b'"')
    for member in members:
        for written in _written(member):
            found._values.setdefault(written, []).append(member)
    return found


def _any_case(pattern: bytes) -> bytes:
    return b"(?i:" + pattern + b")"


def _value(member: Member) -> bytes:
    """The value as JSON writes it, with what ends it; slashes may be escaped."""
    value = _spelling(member.value)
    return value + ((_AFTER_BARE if member.bare else b'"') if member.whole else b"")


def _spelling(value: str) -> bytes:
    return re.escape(spelled(value)).replace(b"/", rb"\\?/")


def spelled(value: str) -> bytes:
    """The value as it stands between quotes, with slashes as they are."""
    return "".join(_ESCAPED.get(char, char) for char in value).encode()


def _written(member: Member) -> Iterator[bytes]:
    """How the value ends where a hit ends."""
    plain = spelled(member.value)
    ends = '"' if not member.bare else '" \t\r\n,}]'
    yield from (plain + end.encode() for end in ends) if member.whole else (plain,)
