"""Builds the code in converter/native/ where there is a compiler; all works without it, too."""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from setuptools import Distribution, Extension
from setuptools.command.build_ext import build_ext

NAME = "converter.native.needles"
FOLDER = Path("converter/native")
PROCESSORS = ("x86_64", "amd64")


class CustomBuildHook(BuildHookInterface[Any]):
    """What Hatchling calls before it packs a wheel, or installs the project where it is."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build in place; a wheel that holds what was built is for this kind of machine only."""
        if built := _built(Path(self.root)):
            build_data["artifacts"].append(f"/{built.as_posix()}")
            build_data["pure_python"] = False
            build_data["infer_tag"] = True


def _built(root: Path) -> Path | None:
    """What was built, None where it cannot be: setuptools warns of it."""
    if platform.machine().lower() not in PROCESSORS or sys.platform == "win32":
        return None
    sources = [one.relative_to(root).as_posix() for one in sorted((root / FOLDER).glob("*.c"))]
    flags = ["-O2", "-Wall", "-Wextra"]
    found = Extension(
        NAME, sources, depends=[f"{FOLDER}/needles.h"], extra_compile_args=flags, optional=True
    )
    command = build_ext(Distribution({"name": "polysigma", "ext_modules": [found]}))
    command.inplace = True
    with TemporaryDirectory() as place:
        command.build_temp = command.build_lib = place
        command.ensure_finalized()
        built = root / FOLDER / Path(command.get_ext_filename(NAME)).name
        built.unlink(missing_ok=True)
        command.run()
    return built.relative_to(root) if built.exists() else None
