"""What stands in a package folder besides: manifest.json, bom.cdx.json and SHA256SUMS."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from converter.packages.bom import bom
from converter.packages.content import Content, Package
from converter.packages.metadata import line
from converter.packages.text import as_json

MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
BOM = "bom.cdx.json"


def sealed(name: str, package: Package, content: Content) -> dict[str, bytes]:
    """The package's files with a manifest, a bill and sums beside them, sorted by path."""
    files = dict(sorted(package.files.items()))
    files[BOM] = bom(name, {path: digest(data) for path, data in files.items()}, content)
    places = {entry.rule.path: entry.rule.stem for entry in reversed(content.entries)}
    manifest = {
        "package": name,
        "release": content.release.version,
        "attack": content.attack.version,
        "files": [
            {"path": path, "bytes": len(data), "sha256": digest(data)}
            for path, data in files.items()
        ],
        "rules": [
            {"id": entry.rule.id, "version": entry.version, "title": line(entry.rule.title)}
            for entry in content.entries
        ],
        "left_out": [
            {"rule": places.get(error.path, ""), "why": error.what} for error in package.left_out
        ],
    }
    files[MANIFEST] = as_json(manifest)
    files[SUMS] = sums(files)
    return dict(sorted(files.items()))


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def sums(files: Mapping[str, bytes]) -> bytes:
    """What `sha256sum --check` reads."""
    return "".join(f"{digest(data)}  {path}\n" for path, data in sorted(files.items())).encode()
