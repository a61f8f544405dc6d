"""What a scan is compared with: reading the bytes, decoding every line, unpacking, RSigma."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

LEVELS = ("informational", "low", "medium", "high", "critical")
_SHARE = """
import os, sys
path, part, parts = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
size = os.path.getsize(path)
start, end = size * part // parts, size * (part + 1) // parts
"""
_READ = f"""{_SHARE}
with open(path, 'rb', buffering=0) as file:
    file.seek(start)
    while start < end:
        start += len(file.read(min(1 << 20, end - start)))
"""
_DECODE = f"""
import orjson{_SHARE}
with open(path, 'rb') as file:
    if start:
        file.seek(start - 1)
        start += len(file.readline()) - 1
    while start < end:
        line = file.readline()
        start += len(line)
        orjson.loads(line)
"""
_UNPACK = """
import sys
try:
    from isal import igzip as gzip
except ImportError:
    import gzip
with gzip.open(sys.argv[1], 'rb') as file:
    while file.read(1 << 20):
        pass
"""


def reading(log: Path, parts: int = 1) -> list[list[str]]:
    """Commands that read all bytes, each its part."""
    return _shares(_READ, log, parts)


def decoding(log: Path, parts: int = 1) -> list[list[str]]:
    """Commands that run orjson.loads on each line."""
    return _shares(_DECODE, log, parts)


def unpacking(log: Path) -> list[list[str]]:
    """One that unpacks a .gz file by isal in its fastest way, or by zlib if it is not installed."""
    return [[sys.executable, "-c", _UNPACK, str(log)]]


def _shares(program: str, log: Path, parts: int) -> list[list[str]]:
    return [
        [sys.executable, "-c", program, str(log), str(part), str(parts)] for part in range(parts)
    ]


def rsigma(program: str, rules: Path, logsource: str = "") -> list[list[str]]:
    """RSigma, which reads standard input; with a log source, only rules that can be of it."""
    command = [program, "engine", "eval", "--input-format", "json", "-r", str(rules)]
    routed = ["--logsource-routing", "--event-logsource", logsource] if logsource else []
    return [command + routed]


def of_product(product: str, places: Sequence[str], folder: Path) -> list[str]:
    """A folder of the rules below these places whose log source has this product; none: []."""
    for number, file in enumerate(_files(places)):
        text = file.read_text("utf-8")
        if re.search(rf"^ +product: *{product}\b", text, re.MULTILINE):
            folder.mkdir(exist_ok=True)
            (folder / f"{number:05}.yml").write_text(text, "utf-8")
    return [str(folder)] if folder.exists() else []


def rules_for_rsigma(places: Sequence[str], folder: Path, level: str) -> None:
    """Makes one folder of the rules of all these places, from this level on.

    Without correlations, as these are two more programs to compare, and without our own key, which
    RSigma would print with each match.
    """
    folder.mkdir()
    for number, file in enumerate(_files(places)):
        text = file.read_text("utf-8")
        found = re.search(r"^level: *(\w+)", text, re.MULTILINE)
        known = LEVELS.index(found[1]) if found and found[1] in LEVELS else 0
        if known >= LEVELS.index(level) and re.search(r"^detection:", text, re.MULTILINE):
            text = re.sub(r"^polysigma:\n(?:[ \t].*\n|\n)*", "", text, flags=re.MULTILINE)
            (folder / f"{number:05}.yml").write_text(text, "utf-8")


def _files(places: Sequence[str]) -> list[Path]:
    return [file for place in places for file in sorted(Path(place).rglob("*.yml"))]
