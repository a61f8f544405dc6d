"""How far a scan has come, kept in a file, so that it can go on after it was interrupted.

The file is written now and then, in one step, behind a part of the logs whose matches are written.
Where a scan goes on, it finds again what was found after that, and leaves out as many bytes of it
as stand in the output already. So nothing is lost and nothing is twice, whenever it was stopped,
if the output is a file: of a pipe nobody knows what was read of it.
"""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from converter.cli.cache import digest
from converter.cli.seen import Seen
from converter.errors import StateError
from converter.logs import Reject
from converter.logs.opening import File
from converter.logs.parts import Part
from converter.matcher.correlation import Engine, packed, unpacked
from converter.scan.crew import Crew

_EVERY = 1.0
_STEP = "delete it to begin anew"


class Checkpoint:
    """The file; `write` stands between a scan and its output.

    `ended` tells, once it is loaded, whether the same scan came to its end before.
    """

    def __init__(
        self, file: str, asked: Mapping[str, Iterable[str]], out: int | None, seen: Seen
    ) -> None:
        """`asked` says, part by part, what must be the same in a scan that goes on."""
        self._path, self._new = Path(file), Path(file).with_name(f".{Path(file).name}-new")
        self._asked = {name: digest(words) for name, words in asked.items()}
        self._out, self._seen = out, seen
        self._file, self._start = "", 0
        self._written = self._left_out = 0
        self._next = 0.0
        self.ended = False

    def load(self, items: Sequence[Part | Reject], crew: Crew, engine: Engine) -> int:
        """How many items were done before; all else is as it was then. Raises StateError."""
        self._asked["logs"] = digest(_item(item) for item in items)
        try:
            kept = orjson.loads(self._path.read_bytes())
            self.ended = kept["ended"] and self._stands(kept)
            if self.ended or not kept["ended"]:
                self._go_on(kept, crew, engine)
        except FileNotFoundError:
            pass
        except StateError as error:
            raise error.at(str(self._path)) from None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise self._error(f"cannot be read ({error})") from None
        self._file, size = _output(self._out)
        self._start = size - self._written - self._left_out
        if not self.ended:
            self._keep(crew, engine)
        return crew.done

    def _stands(self, kept: dict[str, Any]) -> bool:
        """Whether a scan that came to its end is this one, and its output is still there."""
        name, size = _output(self._out)
        same = (kept["asked"], kept["file"]) == (self._asked, name)
        return same and size >= kept["start"] + kept["written"]

    def _go_on(self, kept: dict[str, Any], crew: Crew, engine: Engine) -> None:
        changed = [name for name, known in self._asked.items() if kept["asked"].get(name) != known]
        if changed:
            raise self._error(f"is of another scan: the {' and the '.join(changed)} have changed")
        self._written = kept["written"]
        if kept["file"]:
            self._left_out = _size(kept["file"]) - kept["start"] - kept["written"]
        if self._left_out < 0:
            what = f"its output {kept['file']} no longer holds all that was written"
            step = f"append to it with >>, or delete {self._path} to begin anew"
            raise StateError(what, next_step=step)
        self._seen.restore(kept["seen"], crew.routing)
        engine.restore(unpacked(base64.b64decode(kept["engine"])))
        vars(crew.before).update(kept["before"])
        crew.go_on(kept["done"], kept["bytes"])

    def write(self, data: bytes, write: Callable[[bytes], object]) -> None:
        """Writes what was not written before."""
        self._written += len(data)
        known = min(max(0, self._left_out), len(data))
        self._left_out -= known
        write(data[known:] if known else data)

    def save(self, crew: Crew, engine: Engine, flush: Callable[[], None]) -> None:
        """Keeps how far the scan is, if it was not kept a moment ago. Raises StateError."""
        if time.monotonic() < self._next or self._left_out > 0:
            return
        flush()
        self._keep(crew, engine)

    def _keep(self, crew: Crew, engine: Engine, *, ended: bool = False) -> None:
        kept = {
            "asked": self._asked, "ended": ended, "done": crew.done, "bytes": crew.bytes,
            "before": vars(crew.before), "seen": self._seen.data(), "written": self._written,
            "start": self._start, "file": self._file,
            "engine": base64.b64encode(packed(engine.state())).decode(),
        }  # fmt: skip
        try:
            self._new.write_bytes(orjson.dumps(kept))
            os.replace(self._new, self._path)
        except OSError as error:
            raise self._error(f"cannot be written ({error.strerror})") from None
        self._next = time.monotonic() + _EVERY

    def end(self, crew: Crew, engine: Engine) -> None:
        """The scan has come to its end, and all is written. Killed now it would begin again: so
        the file says that there is nothing left to do, where that can be known of the output.
        """
        if self._file:
            self._keep(crew, engine, ended=True)
        else:
            self._path.unlink(missing_ok=True)

    def _error(self, what: str) -> StateError:
        return StateError(what, path=str(self._path), next_step=_STEP)


def _output(out: int | None) -> tuple[str, int]:
    """The file that standard output goes to, and where in it that begins; empty for a pipe."""
    if out is None:
        return "", 0
    try:
        name = os.readlink(f"/proc/self/fd/{out}")
        return (name, os.fstat(out).st_size) if os.path.isfile(name) else ("", 0)
    except OSError:
        return "", 0


def _size(file: str) -> int:
    try:
        return os.stat(file).st_size if file else 0
    except OSError:
        return 0


def _item(item: Part | Reject) -> str:
    if isinstance(item, Reject):
        return f"{item.file} {item.why}"
    return f"{item.file.name} {item.start} {item.end} {item.size} {_stamp(item.file)}"


def _stamp(file: File) -> str:
    if file.path is None:
        return file.stamp
    try:
        return str(file.path.stat().st_mtime_ns)
    except (OSError, ValueError):
        return "-"
