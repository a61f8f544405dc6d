"""Texts as bytes, bytes as Base64 (specification: modifiers, encoding)."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import sigma.modifiers as stock
import sigma.types as values
from sigma.exceptions import SigmaValueError


class Bytes(values.SigmaType):
    """What `utf16le` and its like make of a text: only Base64 makes a test of it."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw


def _bytes(value: values.SigmaString | Bytes, modifier: stock.SigmaModifier[Any, Any]) -> bytes:
    """The bytes of the text that is meant, escapes taken off; pySigma encodes the escapes too."""
    if isinstance(value, Bytes):
        return value.raw
    if not all(isinstance(piece, str) for piece in value.s):
        what = "a text with wildcards or placeholders cannot be encoded"
        raise SigmaValueError(what, source=modifier.source)
    return "".join(map(str, value.s)).encode()


class Base64(stock.SigmaBase64Modifier):
    """pySigma encodes the escapes of a text with it."""

    def modify(self, val: values.SigmaString | Bytes) -> values.SigmaString:
        return _like(val, b64encode(_bytes(val, self)).decode())


class Base64Offset(stock.SigmaBase64OffsetModifier):
    """pySigma counts characters where bytes decide, and finds one byte in every text."""

    def modify(self, val: values.SigmaString | Bytes) -> values.SigmaExpansion:
        raw = _bytes(val, self)
        if len(raw) < 2:
            what = "a text of one byte leaves no digits of Base64 that are sure: give it more"
            raise SigmaValueError(what, source=self.source)
        digits = [b64encode(b" " * offset + raw).decode() for offset in range(3)]
        ends = [self.end_offsets[(len(raw) + offset) % 3] for offset in range(3)]
        return values.SigmaExpansion(
            [_like(val, digits[n][self.start_offsets[n] : ends[n]]) for n in range(3)]
        )


def _like(model: values.SigmaType, text: str) -> values.SigmaString:
    """A literal text, with case if the model has it."""
    plain = values.SigmaString.from_str(text)
    if isinstance(model, values.SigmaCasedString):
        return values.SigmaCasedString.from_sigma_string(plain)
    return plain


class Utf16Le(stock.SigmaWideModifier):
    """pySigma knows neither `utf16le` nor characters beyond ASCII, and keeps bytes as text."""

    def modify(self, val: values.SigmaString) -> Bytes:  # type: ignore[override]
        return Bytes(_bytes(val, self).decode().encode("utf-16-le"))


class Utf16Be(stock.SigmaUTF16BEModifier):
    """As UTF-16, high byte first."""

    def modify(self, val: values.SigmaString) -> Bytes:  # type: ignore[override]
        return Bytes(_bytes(val, self).decode().encode("utf-16-be"))


class Utf16(stock.SigmaUTF16Modifier):
    """The byte order mark is FF FE; pySigma writes that of UTF-8."""

    def modify(self, val: values.SigmaString) -> Bytes:  # type: ignore[override]
        return Bytes(b"\xff\xfe" + _bytes(val, self).decode().encode("utf-16-le"))
