"""Standard output of a scan: much room where it is a file or a pipe, whole lines on a terminal."""

from __future__ import annotations

import io
import re
import sys
from typing import BinaryIO

from converter.errors import LogError

_ROOM = 1 << 18
_CLEARED = b"\r\x1b[2K"  # what stands in the terminal's line, the bar that is, gives way
_UNSEEN = re.compile(
    rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xd8\x9c|\xef\xbb\xbf"
    rb"|\xe2\x80[\x8b-\x8f\xa8-\xae]|\xe2\x81[\xa0-\xaf]"
)
"""In UTF-8 what a terminal would obey, or what hides or turns text, but line ends."""


class StandardOutput:
    """Bytes to standard output. All it does raises LogError where that cannot be written.

    That its reader has gone remains a BrokenPipeError: there is nobody left to tell.
    """

    def __init__(self, *, used: bool = True) -> None:
        """One that is not used need not be open."""
        self._out = _opened() if used else io.BytesIO()
        self._on_screen = used and sys.stdout.isatty()
        self._cleared = _CLEARED if sys.stderr.isatty() else b""
        self._line = b""

    @property
    def number(self) -> int | None:
        """The number of the open file, if there is one."""
        try:
            return self._out.fileno()
        except OSError:
            return None

    def write(self, data: bytes) -> None:
        """Writes, sooner or later; on a terminal whole lines at once, in the place of the bar.

        What a terminal would obey is blank there, whatever the format.
        """
        if self._on_screen:
            lines, end, self._line = (self._line + data).rpartition(b"\n")
            data = self._cleared + _UNSEEN.sub(b" ", lines) + end if end else b""
        try:
            self._out.write(data)
        except OSError as error:
            raise _told(error) from None
        if self._on_screen:
            self.flush()

    def flush(self) -> None:
        """Writes all lines."""
        try:
            self._out.flush()
        except OSError as error:
            raise _told(error) from None

    def finish(self) -> None:
        """Writes what is left."""
        rest, self._line = _UNSEEN.sub(b" ", self._line), b""
        self._on_screen = False
        self.write(rest)
        self.flush()


def _told(error: OSError) -> Exception:
    if isinstance(error, BrokenPipeError):
        return error
    what = f"standard output cannot be written ({error.strerror})"
    return LogError(what, next_step="make room, or send it elsewhere")


def _opened() -> BinaryIO:
    if sys.stdout is None:
        step = "send it to a file, or write Parquet with --output"
        raise LogError("standard output is closed", next_step=step)
    try:
        return open(sys.stdout.fileno(), "wb", buffering=_ROOM, closefd=False)
    except (OSError, ValueError):
        return sys.stdout.buffer
