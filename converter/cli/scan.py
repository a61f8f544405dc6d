"""polysigma scan"""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from converter.cli.matches import FORMATS
from converter.cli.routing import log_sources
from converter.cli.scanning import LEVELS, Asked, run
from converter.cli.several import microseconds

# Loaded only when asked for, so that a scan on one machine begins at once.
_ENGINES = {"local": "converter.cli.scanning.here", "spark": "converter.cli.cluster.cluster"}


@click.command("scan")
@click.argument("logs", nargs=-1, required=True, type=click.Path(allow_dash=True))
@click.option("--rules", "places", multiple=True, help="Rule files or folders; repeat.")
@click.option(
    "--schema",
    type=click.Choice(["native", "ecs", "splunk"]),
    default="native",
    help="How the events are written: as the provider does, or as a SIEM stores them.",
)
@click.option("-p", "--pipeline", "pipelines", multiple=True, help="As in convert.")
@click.option(
    "--logsource",
    "said",
    multiple=True,
    callback=log_sources,
    help="What the logs are, as product=aws,service=cloudtrail; repeat for several.",
)
@click.option("--no-routing", is_flag=True, help="Try every rule on every event.")
@click.option("--since", help="Only events from this time on (ISO 8601 or UNIX time).")
@click.option("--until", help="Only events before this time.")
@click.option("--no-event", is_flag=True, help="Leave the event out of each match.")
@click.option("--fail-on-match", is_flag=True, help="Exit 1 if anything matched.")
@click.option("--state", help="A file to go on from and to save for the next run.")
@click.option(
    "--lateness",
    metavar="SPAN",
    callback=microseconds,
    help="How late an event may come, such as 15m; matches then wait no longer than that.",
)
@click.option("--base-rules", is_flag=True, help="Print what only correlations report, too.")
@click.option("--min-level", type=click.Choice(LEVELS), help="Only rules of this level or above.")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="jsonl")
@click.option("--output", "folder", metavar="DIR", help="Write matches to DIR/matches.parquet.")
@click.option("--histogram", is_flag=True, help="Show how many matches there are over time.")
@click.option("--rejects", metavar="FILE", help="Write what cannot be read to this file.")
@click.option("--resume", metavar="FILE", help="Keep in FILE how far the scan is; go on.")
@click.option("--strict", is_flag=True, help="Decode each record; exit 1 if any was rejected.")
@click.option("--no-prefilter", is_flag=True, help="Decode each record, and try every rule on it.")
@click.option(
    "-j", "--jobs", type=click.IntRange(1), help="Processes; as many as cores if not given."
)
@click.option(
    "--engine",
    type=click.Choice(list(_ENGINES)),
    default="local",
    help="Who does the work: processes of this machine, or Spark.",
)
@click.option("-v", "--verbose", is_flag=True, help="Name every rejected record, show the routing.")
def command(engine: str, **asked: Any) -> None:
    """Match LOGS (files, folders, gzipped or not, - for standard input) against rules.

    Prints one JSON object a match on stdout, or what --format says. Records that cannot be read are
    counted, and the first of each kind is shown; the scan goes on, and only with --strict the exit
    code is 1. It is 2 where a log that is named cannot be opened, or none can be read. An event
    meets the rules whose log source can be its own; one that is not recognised meets every rule.
    Correlations and first-seen rules see events in order of time; with --state they remember those
    of earlier runs.

    Of a long log only those records are decoded that a rule can match. One that is damaged inside,
    but begins and ends as the others do, is then not noticed, except with --strict.
    """
    module, _, name = _ENGINES[engine].rpartition(".")
    sys.exit(run(Asked(**asked), getattr(importlib.import_module(module), name)))
