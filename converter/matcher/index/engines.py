"""Many regular expressions over bytes at once: by Hyperscan where it is installed, else by RE2.

A few short ones are looked for by Vectorscan, a Hyperscan whose wheel uses all the registers of the
processor. For many there is no gain, and its databases cannot be kept.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from types import ModuleType
from typing import Any, Protocol

import re2

Hit = tuple[int, int]

ANY = -1
"""In a hit of an engine that cannot say which expression it was."""

_MEMORY = 256 << 20
_PART = 4_000
_SMALL = 100
_FEW = 48
_SHORT = 500


class Store(Protocol):
    """Keeps compiled databases between runs, by name; what it has not is compiled."""

    def recall(self, name: str) -> bytes | None:
        """What was kept under the name, unchanged; None if there is nothing."""

    def keep(self, name: str, data: bytes) -> None:
        """Keep it, or not; raises nothing."""


class Engine(Protocol):
    """Finds expressions in bytes."""

    def scan(self, data: bytes) -> list[Hit]:
        """The end of each hit and the number of the expression, in any order.

        Where expressions are found in a record, at least one of them is told, by its number or as
        `ANY`; where none is found, nothing is. No expression fits less than two bytes.
        """


def hyperscan() -> ModuleType | None:
    """Hyperscan's module, None where it is not installed or does not run on this machine."""
    return _module("hyperscan")


def vectorscan() -> ModuleType | None:
    """The same of Vectorscan."""
    return _module("pyperscan")


def native() -> ModuleType | None:
    """The same of our own code in C (see `needles`)."""
    return _module("converter.native.needles")


def _module(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except (ImportError, OSError):
        return None


def engine(
    patterns: Sequence[bytes] | Mapping[int, bytes],
    module: ModuleType | None,
    store: Store | None = None,
) -> Engine:
    """An engine for these patterns, by this module, few by Vectorscan; None for RE2.

    They have the numbers of their places, if not others. With a store long ones, which take long to
    compile, are left to what can be kept.
    """
    numbered = patterns if isinstance(patterns, Mapping) else dict(enumerate(patterns))
    if not numbered:
        return Nothing()
    if module is None:
        return Re2([*numbered.values()])
    few = vectorscan()
    short = {at: one for at, one in numbered.items() if store is None or len(one) <= _SHORT}
    if few is None or len(short) > _FEW:
        return _hyperscan(module, numbered, store)
    long = {number: one for number, one in numbered.items() if number not in short}
    if not long:
        return Vectorscan(few, short)
    engines = [_hyperscan(module, long, store)]
    engines += [Vectorscan(few, short)] if short else []
    return engines[0] if len(engines) == 1 else Together(engines)


def _hyperscan(module: ModuleType, patterns: Mapping[int, bytes], store: Store | None) -> Engine:
    size = sum(map(len, patterns.values()))
    return Hyperscan(module, patterns, store if size > _SMALL else None)


class Together:
    """Several engines, each for expressions of its own."""

    def __init__(self, engines: Sequence[Engine]) -> None:
        self._engines = engines

    def scan(self, data: bytes) -> list[Hit]:
        """What all of them find."""
        return [hit for one in self._engines for hit in one.scan(data)]


class Nothing:
    """Finds nothing."""

    def scan(self, data: bytes) -> list[Hit]:
        """No hit."""
        return []


class Hyperscan:
    """All expressions in one database, which a scan runs once over the data."""

    def __init__(
        self, module: Any, patterns: Mapping[int, bytes], store: Store | None = None
    ) -> None:
        name = _name(module, patterns) if store else ""
        found = _recalled(module, store.recall(name)) if store else None
        self._database = found or _compiled(module, patterns)
        if store and not found:
            store.keep(name, module.dumpb(self._database))

    def scan(self, data: bytes) -> list[Hit]:
        """As Engine says; every expression at every place."""
        hits: list[Hit] = []
        append = hits.append

        def found(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            append((end, number))

        self._database.scan(data, match_event_handler=found)
        return hits


class Vectorscan:
    """As Hyperscan, for few short expressions."""

    def __init__(self, module: Any, patterns: Mapping[int, bytes]) -> None:
        go_on = module.Scan.Continue
        self._hits: list[Hit] = []
        append = self._hits.append

        def found(_context: object, number: int, _start: int, end: int) -> object:
            append((end, number))
            return go_on

        tagged = (module.Pattern(one, tag=number) for number, one in patterns.items())
        database = module.BlockDatabase(*tagged)
        self._scan = database.build(None, found).scan

    def scan(self, data: bytes) -> list[Hit]:
        """As Engine says; every expression at every place."""
        self._hits.clear()
        self._scan(data)
        return self._hits[:]


def _compiled(module: Any, patterns: Mapping[int, bytes]) -> Any:
    database = module.Database(mode=module.HS_MODE_BLOCK)
    expressions, numbers = list(patterns.values()), list(patterns)
    database.compile(expressions=expressions, ids=numbers, flags=[0] * len(numbers))
    return database


def _recalled(module: Any, data: bytes | None) -> Any:
    """The database; None where these bytes are none of this version and this kind of processor."""
    try:
        database = module.loadb(data, module.HS_MODE_BLOCK) if data else None
        if database is not None:
            database.scratch = module.Scratch(database)
    except module.HyperscanError:
        return None
    return database


def _name(module: Any, patterns: Mapping[int, bytes]) -> str:
    """A name for all that a database depends on."""
    name = hashlib.sha256(b"%b %b" % (str(module.__version__).encode(), _built(module)))
    for number, pattern in patterns.items():
        name.update(b" %d:%d:%b" % (number, len(pattern), pattern))
    return name.hexdigest()


@cache
def _built(module: Any) -> bytes:
    """Version of the library and kind of processor, which a database for a mere letter tells."""
    built: bytes = _compiled(module, {0: b"a"}).info()
    return built


class Re2:
    """All expressions as alternatives of few; a hit does not say which."""

    def __init__(self, patterns: Sequence[bytes]) -> None:
        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1
        options.max_mem = _MEMORY
        options.never_capture = True
        options.log_errors = False
        self._parts = [
            re2.compile(b"|".join(patterns[at : at + _PART]), options)
            for at in range(0, len(patterns), _PART)
        ]

    def scan(self, data: bytes) -> list[Hit]:
        """As Engine says; of hits that overlap by more than a line end only one is told."""
        return [(end, ANY) for part in self._parts for end in _ends(part, data)]


def _ends(pattern: Any, data: bytes) -> Iterator[int]:
    """The ends of all hits, none of which is shorter than two bytes."""
    hit = pattern.search(data)
    while hit is not None:
        yield hit.end()
        hit = pattern.search(data, hit.end() - 1)
