"""Pipelines of installed pySigma plug-ins, by name."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Any

import sigma.pipelines
from sigma.processing.pipeline import ProcessingPipeline
from sigma.processing.resolver import ProcessingPipelineResolver

from converter.errors import PipelineError
from converter.pipelines.catalogue import nearest


def installed(name: str) -> ProcessingPipeline:
    """A pipeline of a plug-in, made anew. Raises PipelineError, with the nearest name there is."""
    found = _exported(name)
    resolver = ProcessingPipelineResolver({name: found[0]}) if len(found) == 1 else _discovered()
    if name not in resolver.pipelines:
        step = "give a file, a folder or an installed name; the nearest is "
        step += nearest(name, resolver.pipelines)
        raise PipelineError(f"no pipeline {name}", next_step=step)
    return resolver.resolve_pipeline(name)


def _exported(name: str) -> list[Any]:
    """What plug-ins export under the name: in their dict `pipelines`, or as `<name>_pipeline`.

    pySigma's own discovery finds the same and more, but takes a network library to import.
    """
    found = []
    for plugin in pkgutil.iter_modules(sigma.pipelines.__path__, "sigma.pipelines."):
        module = importlib.import_module(plugin.name)
        exported = getattr(module, "pipelines", {})
        if name in exported:
            found.append(exported[name])
        elif hasattr(module, f"{name}_pipeline"):
            found.append(getattr(module, f"{name}_pipeline"))
    return found


@cache
def _discovered() -> ProcessingPipelineResolver:
    # Imported here: it walks every installed plug-in, which few runs need.
    from sigma.plugins import InstalledSigmaPlugins  # noqa: PLC0415

    plugins = InstalledSigmaPlugins.autodiscover(include_backends=False, include_validators=False)
    return plugins.get_pipeline_resolver()
