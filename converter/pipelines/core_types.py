"""The fields that a schema itself describes: `pipelines/types/<schema>.yml`.

They answer for names that no catalogue of a log source knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from converter.errors import PipelineError
from converter.pipelines.catalogue import Facts, Schema

_TEXT = "match_only_text"
_LOWER = "lowercase"


def core_facts(known: Mapping[str, Facts], name: str) -> Facts:
    """What the schema says of a field: by its name, else by the longest family `x.*`."""
    if name in known:
        return known[name]
    family = name
    while "." in family:
        family = family.rpartition(".")[0]
        if f"{family}.*" in known:
            return replace(known[f"{family}.*"], name=name)
    return Facts(name)


def load_core_types(folders: Sequence[Path], schema: Schema) -> dict[str, Facts]:
    """The schema's fields by name, from the first folder that has them; none where none has.

    Raises PipelineError where the file is not such a list.
    """
    for folder in folders:
        path = folder / "types" / f"{schema}.yml"
        if path.is_file():
            return _read(path)
    return {}


def _read(path: Path) -> dict[str, Facts]:
    try:
        data = yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
        return dict(_all_facts(data))
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        what = f"not YAML: {str(error).splitlines()[0]}"
        raise PipelineError(what, path=str(path), next_step="mend the YAML") from None
    except (KeyError, TypeError, AttributeError) as error:
        what = f"no list of field types ({error})"
        step = "compare it with the shipped pipelines/types/ecs.yml"
        raise PipelineError(what, path=str(path), next_step=step) from None


def _all_facts(data: Mapping[str, Any]) -> Iterator[tuple[str, Facts]]:
    entries = dict(_placed(data)) | data["fields"]
    for name, entry in entries.items():
        facts = _facts(name, entry)
        yield name, facts
        if name in data.get("texts", ()):
            yield f"{name}.text", Facts(f"{name}.text", _TEXT, lists=facts.lists)
        if name in data.get("caseless", ()):
            yield f"{name}.caseless", Facts(f"{name}.caseless", _LOWER, lists=facts.lists)


def _placed(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, places in data.get("placed", {}).items():
        for place in places:
            yield from ((f"{place}.{leaf}", entry) for leaf, entry in data["sets"][name].items())


def _facts(name: str, entry: Any) -> Facts:
    if isinstance(entry, str):
        return Facts(name, entry)
    canonical, lists = entry.get("casing") == "canonical", bool(entry.get("list"))
    return Facts(name, str(entry["type"]), canonical, lists)
