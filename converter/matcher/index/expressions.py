"""Probes -> regular expressions over bytes, few and cheap, and back from what one found to probes.

All values of one key become one expression: its key is what is looked for, and only behind it a
value. What it found there says which of the values it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from converter.matcher.index.needs import Key, Member, Probe

_FEW = 200
_ESCAPED = {'"': '\\"', "\\": "\\\\"}
_AFTER_BARE = rb'["\s,}\]]'
_OTHER_NUMBER = rb"-?[0-9]+[.e]|-0"
_LIST = rb"\["
_MAY_BE_OTHER = re.compile(_OTHER_NUMBER)
_WINDOW = 512


@dataclass(slots=True)
class Expression:
    """One regular expression; a hit means one of its probes, which `found` can tell apart."""

    pattern: bytes
    probes: tuple[Probe, ...]
    _mark: bytes = b""
    _known: dict[bytes, tuple[Probe, ...]] = field(default_factory=dict)
    _values: dict[bytes, list[Probe]] = field(default_factory=dict)

    def found(self, data: bytes, end: int) -> tuple[Probe, ...]:
        """The probes of which this hit, which ends there in the data, may be; all if it is odd."""
        if not self._mark:
            return self.probes
        start = data.rfind(self._mark, max(0, end - _WINDOW), end)
        behind = data[start + len(self._mark) : end]
        known = self._known.get(behind) if start >= 0 else self.probes
        if known is None:
            known = self._told(behind)
            if len(self._known) < _FEW * 8:
                self._known[behind] = known
        return known

    def _told(self, behind: bytes) -> tuple[Probe, ...]:
        value = behind.lstrip(b" \t\r\n:").removeprefix(b'"').replace(b"\\/", b"/").lower()
        if _MAY_BE_OTHER.fullmatch(value):
            return self.probes
        return tuple(self._values.get(value, ())) or self.probes


def expressions(probes: Iterable[Probe]) -> list[Expression]:
    """One expression or more for each key, one for each text; the same probes give the same."""
    grouped: dict[tuple[str, bool], list[Member]] = {}
    out = []
    for probe in sorted(set(probes), key=repr):
        if isinstance(probe, Member):
            grouped.setdefault((probe.key, probe.bare), []).append(probe)
        elif isinstance(probe, Key):
            out.append(Expression(_key(probe.key), (probe,)))
        else:
            out.append(Expression(_any_case(re.escape(probe.text.encode())), (probe,)))
    for (key, bare), members in grouped.items():
        out += [_members(key, bare, part) for part in _parts(members)]
    return out


def _parts(members: list[Member]) -> Iterator[list[Member]]:
    for start in range(0, len(members), _FEW):
        yield members[start : start + _FEW]


def _key(key: str) -> bytes:
    return re.escape(key.encode()) + rb'"\s*:'


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
    plain = _spelled(member.value)
    value = re.escape(plain).replace(b"/", rb"\\?/")
    return value + ((_AFTER_BARE if member.bare else b'"') if member.whole else b"")


def _spelled(value: str) -> bytes:
    return "".join(_ESCAPED.get(char, char) for char in value).encode()


def _written(member: Member) -> Iterator[bytes]:
    """How the value ends where a hit ends."""
    plain = _spelled(member.value)
    ends = '"' if not member.bare else '" \t\r\n,}]'
    yield from (plain + end.encode() for end in ends) if member.whole else (plain,)
