"""Compiled databases are kept between runs, by what they were compiled from."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from converter.cli.cache import Databases
from converter.matcher.index import engines
from converter.matcher.index.engines import Engine, Store, engine

hyperscan = pytest.importorskip("hyperscan", reason="there is no hyperscan for this machine")

SIZE = 60
WORDS = [b"word%d" % number for number in range(SIZE)]
OTHERS = [b"other%d" % number for number in range(SIZE)]
DATA = b"word7 other7"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("POLYSIGMA_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many patterns each database has that is compiled, and not found in the cache."""
    sizes: list[int] = []
    compile_ = engines._compiled

    def spy(module: object, patterns: dict[int, bytes]) -> object:
        if len(patterns) > 1:
            sizes.append(len(patterns))
        return compile_(module, patterns)

    monkeypatch.setattr(engines, "_compiled", spy)
    return sizes


def made(patterns: list[bytes] = WORDS, store: Store | None = None) -> Engine:
    return engine(patterns, hyperscan, store or Databases())


def kept(cache: Path) -> list[Path]:
    return sorted(cache.iterdir())


def test_the_second_run_compiles_nothing(cache: Path, compiled: list[int]) -> None:
    """A database is compiled once, and finds the same when it comes from the cache."""
    assert made().scan(DATA) == made().scan(DATA) == [(5, 7)]
    assert compiled == [SIZE]


def test_other_patterns_are_another_file(cache: Path, compiled: list[int]) -> None:
    """What is looked for decides which database it is, its order included."""
    assert [made(one).scan(DATA) for one in (WORDS, OTHERS, WORDS[::-1])] == [
        [(5, 7)],
        [(12, 7)],
        [(5, SIZE - 8)],
    ]
    assert compiled == [SIZE] * 3
    assert len(kept(cache)) == 3


@pytest.mark.parametrize("size", [0, 10, 40, 500])
def test_a_cut_file_counts_for_nothing(cache: Path, compiled: list[int], size: int) -> None:
    """A file that ends too early is made anew."""
    made()
    (file,) = kept(cache)
    whole = file.read_bytes()
    file.write_bytes(whole[:size])
    assert made().scan(DATA) == [(5, 7)]
    assert compiled == [SIZE] * 2
    assert file.read_bytes() == whole


def test_a_file_under_the_name_of_another_counts_for_nothing(
    cache: Path, compiled: list[int]
) -> None:
    """A sound database of other patterns is never taken for the one that is asked for."""
    made(OTHERS)
    (other,) = kept(cache)
    raw = other.read_bytes()
    other.unlink()
    made()
    (file,) = kept(cache)
    file.write_bytes(raw)
    assert made().scan(DATA) == [(5, 7)]
    assert compiled == [SIZE] * 3


def test_a_file_that_others_may_write_counts_for_nothing(cache: Path, compiled: list[int]) -> None:
    """A file of the cache that not only its owner may have written is made anew."""
    made()
    (file,) = kept(cache)
    file.chmod(0o666)
    assert made().scan(DATA) == [(5, 7)]
    assert compiled == [SIZE] * 2
    assert file.stat().st_mode & 0o022 == 0


@pytest.mark.parametrize("data", [b"", b"no database", b"\xdb" * 2000])
def test_what_is_no_database_counts_for_nothing(data: bytes, compiled: list[int]) -> None:
    """Bytes that this version and this processor cannot take are compiled anew, and kept."""

    class Other:
        def __init__(self) -> None:
            self.kept: dict[str, bytes] = {}

        def recall(self, name: str) -> bytes | None:
            return data

        def keep(self, name: str, data: bytes) -> None:
            self.kept[name] = data

    store = Other()
    assert made(store=store).scan(DATA) == [(5, 7)]
    assert compiled == [SIZE]
    assert len(store.kept) == 1


def test_another_version_is_another_file(
    cache: Path, compiled: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database of another version of Hyperscan is not asked for."""
    made()
    monkeypatch.setattr(hyperscan, "__version__", "0.0.0")
    assert made().scan(DATA) == [(5, 7)]
    assert compiled == [SIZE] * 2
    assert len(kept(cache)) == 2


def test_what_is_kept_is_bounded(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond so many files, or so many bytes, what was not used for the longest time goes."""
    monkeypatch.setattr("converter.cli.cache._DATABASES", 3)
    made_of = [[b"%d %b" % (number, word) for word in WORDS] for number in range(4)]
    files: list[Path] = []
    for at, patterns in enumerate(made_of[:3]):
        made(patterns)
        files += set(kept(cache)) - set(files)
        os.utime(files[at], (at, at))
    made(made_of[0])
    made(made_of[3])
    assert [file.exists() for file in files] == [True, False, True]
    monkeypatch.setattr("converter.cli.cache._BYTES", 1)
    made(OTHERS)
    assert len(kept(cache)) == 1


def test_an_unwritable_cache_is_no_fault(
    tmp_path: Path, compiled: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no file can be written, databases are compiled each time."""
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("POLYSIGMA_CACHE", str(tmp_path / "file"))
    assert made().scan(DATA) == made().scan(DATA) == [(5, 7)]
    assert compiled == [SIZE] * 2


def test_without_a_store_nothing_is_written(cache: Path) -> None:
    """Who uses the index without a store compiles, and leaves no file."""
    assert engine(WORDS, hyperscan).scan(DATA) == [(5, 7)]
    assert kept(cache) == []
