"""Where pipelines stand."""

from __future__ import annotations

from pathlib import Path


def pipeline_folders(start: Path | None = None) -> list[Path]:
    """Where pipelines are looked for: `pipelines/` of the working folder, then the shipped ones."""
    here = Path(__file__).resolve().parent
    places = [(start or Path.cwd()) / "pipelines", here / "shipped" / "pipelines"]
    places.append(here.parent / "pipelines")
    return list(dict.fromkeys(place for place in places if place.is_dir()))
