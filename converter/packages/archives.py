"""Archives whose bytes depend on their files alone: no clock, no owner, no compressor's taste.

Nothing is compressed: what a compressor makes of a file differs from one release to the next.
"""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping

_BLOCK = 0xFFFF


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A .zip of files by path, sorted."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for path, content in sorted(files.items()):
            entry = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o100644 << 16
            entry.create_system = 3
            archive.writestr(entry, content)
    return out.getvalue()


def tar_gzipped(files: Mapping[str, bytes]) -> bytes:
    """A .tar.gz of files by path, sorted, with an entry for each folder."""
    out = io.BytesIO()
    with tarfile.TarFile(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in _with_folders(files):
            entry = tarfile.TarInfo(path)
            entry.mode = 0o644 if path in files else 0o755
            entry.type = tarfile.REGTYPE if path in files else tarfile.DIRTYPE
            entry.size = len(files.get(path, b""))
            archive.addfile(entry, io.BytesIO(files.get(path, b"")))
    return _gzipped(out.getvalue())


def _with_folders(files: Mapping[str, bytes]) -> list[str]:
    parts = [path.split("/") for path in files]
    folders = {"/".join(part[:n]) for part in parts for n in range(1, len(part))}
    return sorted({*files, *folders})


def _gzipped(raw: bytes) -> bytes:
    """Gzip (RFC 1952) of stored blocks (RFC 1951, 3.2.4)."""
    starts = range(0, max(len(raw), 1), _BLOCK)
    blocks = [raw[start : start + _BLOCK] for start in starts]
    body = b"".join(
        struct.pack("<BHH", number == len(blocks), len(block), len(block) ^ _BLOCK) + block
        for number, block in enumerate(blocks, 1)
    )
    head = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
    return head + body + struct.pack("<II", zlib.crc32(raw), len(raw) & 0xFFFFFFFF)
