"""IP addresses in text."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address


def address(value: object) -> IPv4Address | IPv6Address | None:
    """The address that the text is, or None: names, `AWS Internal`, ranges, ports are none."""
    if not isinstance(value, str) or "%" in value:
        return None
    try:
        return ip_address(value)
    except ValueError:
        return None
