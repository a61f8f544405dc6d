"""polysigma convert"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from converter.cli.output import stale, write_tree
from converter.cli.talk import fidelity_table, tell_errors, with_progress
from converter.convert import Converted, Converter, clashes, counts, files
from converter.languages import LANGUAGES
from converter.pipelines import Pipelines
from converter.rules import read_rules


@click.command("convert")
@click.argument("rules", nargs=-1, type=click.Path())
@click.option(
    "-t",
    "--to",
    "languages",
    multiple=True,
    type=click.Choice(list(LANGUAGES)),
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
@click.option("-j", "--jobs", default=1, type=click.IntRange(1), help="Worker processes.")
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
    rule_set = read_rules(rules or ("sigma_rules",))
    faults = tell_errors([*rule_set.errors, *clashes(rule_set)])
    converter = Converter(rule_set, Pipelines(pipelines), languages or tuple(LANGUAGES))
    converted = _convert(converter, jobs)
    faults += tell_errors(one.error for one in converted if one.error is not None)
    if not converted and faults:
        sys.exit(2)
    if out == "-":
        _print(converted)
    else:
        faults += _deliver(Path(out), files(converted), check)
    fidelity_table(counts(converted))
    if strict:
        faults += _unproved(converted)
    sys.exit(1 if faults else 0)


def _convert(converter: Converter, jobs: int) -> list[Converted]:
    wanted = [rule for rule in converter.rules.rules if rule.kind != "filter"]
    if jobs > 1 and len(wanted) > jobs:
        return converter.convert_in_processes(wanted, jobs)
    return [converter.convert(rule) for rule in with_progress(wanted, "converting")]


def _print(converted: Sequence[Converted]) -> None:
    for one in converted:
        for query in one.queries.values():
            if query.text:
                click.echo(query.text)


def _deliver(folder: Path, tree: Mapping[str, bytes], check: bool) -> int:
    if not check:
        write_tree(folder, tree)
        click.echo(f"wrote {len(tree)} files below {folder}/", err=True)
        return 0
    names = stale(folder, tree)
    for name in names:
        click.echo(f"stale: {folder}/{name}", err=True)
    return len(names)


def _unproved(converted: Sequence[Converted]) -> int:
    count = 0
    for one in converted:
        for query in one.queries.values():
            if query.fidelity != "proved":
                count += 1
                why = f": {query.notes[0]}" if query.notes else ""
                click.echo(f"{query.fidelity}: {one.rule.path} {query.language}{why}", err=True)
    return count
