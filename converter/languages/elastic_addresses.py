"""Networks as patterns of address texts, and such patterns as networks."""

from __future__ import annotations

import re
from ipaddress import ip_network

from converter import predicate as p

_OCTETS = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){1,3}", re.ASCII)
_GROUP = re.compile(r"[1-9a-f][0-9a-f]{3}:", re.ASCII | re.IGNORECASE)


def network_patterns(network: str) -> list[p.Pattern]:
    """The addresses of a network as text patterns; none where text prefixes cannot say it.

    IPv6 networks can be said where their first group keeps all its four digits, or whole.
    """
    net = ip_network(network)
    if net.version == 4:
        step = (net.prefixlen + 7) // 8 * 8
        return [_octets(str(part.network_address), step) for part in net.subnets(new_prefix=step)]
    if net.prefixlen == 128:
        return [(str(net.network_address),)]
    first = int(net.network_address) >> 112
    if net.prefixlen > 16 or first < 0x1000:
        return []
    step = (net.prefixlen + 3) // 4 * 4
    heads = [first + (n << (16 - step)) for n in range(1 << (step - net.prefixlen))]
    return [_first_group(f"{head:04x}"[: step // 4]) for head in heads]


def _octets(address: str, prefix: int) -> p.Pattern:
    kept = ".".join(address.split(".")[: prefix // 8])
    return (kept,) if prefix == 32 else p.tidy((kept + "." if kept else "", p.Wildcard.MANY))


def _first_group(digits: str) -> p.Pattern:
    return p.tidy((digits, *[p.Wildcard.ONE] * (4 - len(digits)), ":", p.Wildcard.MANY))


def network_of(pattern: p.Pattern) -> str:
    """The network of exactly the addresses that a pattern fits, empty where there is none.

    Whole octets before a star (`10.*`), or the first group of an IPv6 address in four digits.
    """
    if len(pattern) != 2 or pattern[1] is not p.Wildcard.MANY:
        return ""
    start = str(pattern[0])
    if _GROUP.fullmatch(start):
        return f"{start.lower()}:/16"
    if not _OCTETS.fullmatch(start):
        return ""
    count = start.count(".")
    return f"{start}{'.'.join('0' * (4 - count))}/{8 * count}"
