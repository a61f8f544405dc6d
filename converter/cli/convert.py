"""polysigma convert"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from converter.cli import cache
from converter.cli.output import intact
from converter.places import pipeline_folders
from converter.rules import RuleFile, rule_files, touched

if TYPE_CHECKING:
    from converter.cli.workers import Workers

How = tuple[tuple[str, ...], tuple[str, ...]]  # pipelines and languages, by name
NAMES = ("lucene", "eql", "esql", "spl")


@click.command("convert")
@click.argument("rules", nargs=-1, type=click.Path())
@click.option(
    "-t",
    "--to",
    "languages",
    multiple=True,
    type=click.Choice(NAMES),
    help="A language; repeat for several. Default: all.",
)
@click.option(
    "-p",
    "--pipeline",
    "pipelines",
    multiple=True,
    help="A pipeline file, a folder of them, or an installed name; repeat for several. "
    "Default: what fits each rule's log source.",
)
@click.option("-o", "--out", default="out", help="The output folder, or - for stdout.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if the output is stale.")
@click.option("--strict", is_flag=True, help="Exit 1 unless every query is proved.")
@click.option(
    "-j",
    "--jobs",
    default=0,
    type=click.IntRange(0),
    help="Worker processes; 0, the default: one for each core, where there is enough to do.",
)
def command(
    rules: tuple[str, ...],
    languages: tuple[str, ...],
    pipelines: tuple[str, ...],
    out: str,
    check: bool,
    strict: bool,
    jobs: int,
) -> None:
    """Turn Sigma RULES (files or folders; default sigma_rules/) into queries below out/.

    Writes out/queries/<language>/<rule path>.<language> and out/report.json. Rules that cannot be
    converted are named on stderr, the others are still written, and the exit code is 1.
    """
    places = rules or ("sigma_rules",)
    name = "run-" + cache.digest([os.path.abspath(out)])
    how = (pipelines, languages or NAMES)
    with contextlib.ExitStack() as stack:
        workers = _ahead(stack, how, jobs, places, name)
        files, missing = rule_files(places)
        on = context(languages or NAMES, pipelines)
        run = cache.digest([on, str(strict), *_inputs(files), *map(str, missing)])
        last = cache.recall(name)
        if not check and out != "-" and last.get("run") == run and intact(Path(out), last["tree"]):
            _replay(last)
        workers = workers or started(stack, how, jobs)
        working = importlib.import_module("converter.cli.converting")
        job = working.Job(out, check, strict, on)
        kept = working.run(job, files, missing, last.get("tree", {}), workers)
    if not check and out != "-":
        cache.keep(name, {"run": run} | kept)
    sys.exit(kept["code"])


def _ahead(
    stack: contextlib.ExitStack, how: How, jobs: int, places: Sequence[str], name: str
) -> Workers | None:
    """The workers, where a file's time says already that there is something to do; else None."""
    since = cache.written(name)
    return started(stack, how, jobs) if since and touched(places, since) else None


def started(stack: contextlib.ExitStack, how: How, jobs: int = 0) -> Workers:
    """Workers that begin at once to load what they need, and end with the stack."""
    # Imported only here: with nothing changed there is no need of it, nor of what it imports.
    from converter.cli.workers import Workers  # noqa: PLC0415

    return stack.enter_context(Workers(how, jobs or os.cpu_count() or 1))


def context(languages: tuple[str, ...], pipelines: tuple[str, ...]) -> str:
    """A name for all but the rules on which the queries depend."""
    own = cache.contents([*pipeline_folders(), *filter(os.path.exists, pipelines)])
    return cache.digest([cache.code(), own, *languages, "", *pipelines])


def _inputs(files: list[RuleFile]) -> list[str]:
    return [part for file in files for part in (file.path, file.stem, file.digest)]


def _replay(last: dict[str, Any]) -> None:
    """What the same run said before, its output being in place."""
    for line in last["said"]:
        click.echo(line, err=True)
    sys.exit(last["code"])
