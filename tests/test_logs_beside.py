"""Unpacking beside who takes what it gives: the same pieces and errors in the same order."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator

import pytest

from converter.logs import beside
from converter.logs.unpacking import Damaged

Unpack = Callable[[Iterator[bytes]], Iterator[bytes]]


@pytest.fixture(autouse=True)
def from_the_first_piece(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A thread from the first piece on, which is gone when the test ends."""
    monkeypatch.setattr(beside, "ENOUGH", 1)
    monkeypatch.setattr(beside, "cores", lambda: 2)
    before = threading.active_count()
    yield
    assert threading.active_count() == before


def thrice(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Each chunk three times."""
    for chunk in chunks:
        yield from (chunk,) * 3


def torn(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Each chunk, then the news that there should be more."""
    yield from chunks
    raise EOFError


def damaged(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks up to one that is damaged."""
    for chunk in chunks:
        if chunk == b"?":
            raise Damaged("bad")
        yield chunk


def rarely(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Something for the first chunk and the last one only."""
    held = [next(chunks)]
    yield held[0]
    held += chunks
    yield held[-1]


def broken(chunks: list[bytes], error: BaseException) -> Iterator[bytes]:
    """Chunks that end with an error."""
    yield from chunks
    raise error


A, B, C = b"a", b"b", b"c" * (9 << 20)
Case = tuple[Unpack, Callable[[], Iterator[bytes]], list[bytes], type[Exception] | None]
CASES: dict[str, Case] = {
    "nothing": (thrice, lambda: iter(()), [], None),
    "one chunk": (thrice, lambda: iter((A,)), [A, A, A], None),
    "several": (thrice, lambda: iter((A, B, A)), [A, A, A, B, B, B, A, A, A], None),
    "large": (thrice, lambda: iter((C, A, C)), [C, C, C, A, A, A, C, C, C], None),
    "many": (thrice, lambda: iter((A, B) * 500), [A, A, A, B, B, B] * 500, None),
    "chunks that give nothing": (rarely, lambda: iter((A, B, A, C)), [A, C], None),
    "too short": (torn, lambda: iter((A, B)), [A, B], EOFError),
    "damaged": (damaged, lambda: iter((A, B, b"?", A)), [A, B], Damaged),
    "damaged at once": (damaged, lambda: iter((b"?", A)), [], Damaged),
    "unreadable": (thrice, lambda: broken([A, B], OSError(5, "")), [A, A, A, B, B, B], OSError),
    "unreadable at once": (thrice, lambda: broken([], OSError(5, "")), [], OSError),
}  # fmt: skip


@pytest.mark.parametrize("cores", [1, 2])
@pytest.mark.parametrize("ready", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_pieces_then_what_is_raised(
    case: str, ready: bool, cores: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All pieces come in order, and an error behind all that came before it."""
    monkeypatch.setattr(beside, "cores", lambda: cores)
    unpack, chunks, expected, error = CASES[case]
    found, raised = list[bytes](), None
    try:
        for piece in beside.beside(unpack, chunks(), lambda: ready):
            found.append(piece)
    except Exception as one:  # noqa: BLE001  of which kind it is, is what is tested
        raised = type(one)
    assert (found, raised) == (expected, error)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interruption_ends_both(error: type[BaseException]) -> None:
    """Ctrl-C while more is read comes out at once, and leaves no thread."""
    with pytest.raises(error):
        list(beside.beside(thrice, broken([A, B], error()), lambda: True))


@pytest.mark.parametrize("taken", [1, 2, 3, 7])
def test_who_stops_early_stops_the_thread(taken: int) -> None:
    """Of pieces without end only a few are made that nobody takes."""
    made = 0

    def endless(chunks: Iterator[bytes]) -> Iterator[bytes]:
        nonlocal made
        for _ in iter(lambda: next(chunks, A), None):
            made += 1
            yield A

    pieces = beside.beside(endless, iter((A, B)), lambda: True)
    for _ in range(taken):
        next(pieces)
    pieces.close()
    assert taken <= made <= taken + 20


def test_large_pieces_wait_for_each_other() -> None:
    """Of pieces larger than all the room there is only one waits while another is made."""
    made = 0

    def endless(_: Iterator[bytes]) -> Iterator[bytes]:
        nonlocal made
        while True:
            made += 1
            yield C

    pieces = beside.beside(endless, iter(()), lambda: True)
    for taken in range(1, 10):
        next(pieces)
        assert made <= taken + 2
    pieces.close()


@pytest.mark.parametrize(("ready", "ahead"), [(False, 0), (True, 1)])
def test_chunks_are_read_when_they_are_needed(ready: bool, ahead: int) -> None:
    """Who takes reads: one chunk ahead if it is there, none if it would have to be waited for."""
    taken, readers = 0, set[int]()

    def chunks() -> Iterator[bytes]:
        for number in range(50):
            assert taken >= 3 * (number - ahead) - 1
            readers.add(threading.get_ident())
            yield A

    for _ in beside.beside(thrice, chunks(), lambda: ready):
        taken += 1
    assert (taken, readers) == (150, {threading.get_ident()})


def test_the_thread_is_another() -> None:
    """The first piece is made by who takes it, all others by one other thread."""
    makers: list[int] = []

    def noted(chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            makers.append(threading.get_ident())
            yield chunk

    assert list(beside.beside(noted, iter((A, B, A)), lambda: True)) == [A, B, A]
    assert makers[0] == threading.get_ident()
    assert makers[1] == makers[2] != makers[0]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_in_the_middle_ends() -> None:
    """A process that was forked beside a thread, and has none, can leave what it took from."""
    pieces = beside.beside(thrice, iter((A, B, A)), lambda: True)
    assert [next(pieces), next(pieces)] == [A, A]
    if not (child := os.fork()):
        pieces.close()
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert list(pieces) == [A, B, B, B, A, A, A]
