"""The command `polysigma`, also as `python -m converter`."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

_INTERRUPTED = 130  # as shells say it of Ctrl-C


def main() -> None:
    """Loads what the command needs, and runs it.

    Ctrl-C ends the loading at once, as nothing is begun: an exception could be lost there, or take
    a half-loaded library down.
    """
    ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if ours:
        signal.signal(signal.SIGINT, _end)
    from converter import cli  # noqa: PLC0415

    cli.prepare(sys.argv[1:])
    if ours:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    cli.main()


def _end(_number: int, _frame: FrameType | None) -> None:
    os._exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
