"""polysigma coverage"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from converter.cli.output import write_file
from converter.cli.package import chosen_attack, gather
from converter.errors import PackageError


@click.command("coverage")
@click.argument("rules", nargs=-1, type=click.Path())
@click.option("-p", "--pipeline", "pipelines", multiple=True, help="As in polysigma convert.")
@click.option("--wanted", type=click.Path(), help="A file of technique ids, one a line.")
@click.option("--svg", type=click.Path(), help="Write the picture to this file.")
@click.option("--attack", type=click.Choice(("18", "19")), help="Whose tactics; default: 19.")
@click.option("--attack-data", type=click.Path(), help="ATT&CK from a file: MITRE's STIX bundle.")
def command(
    rules: tuple[str, ...],
    pipelines: tuple[str, ...],
    wanted: str | None,
    svg: str | None,
    attack: str | None,
    attack_data: str | None,
) -> None:
    """Show which tactics and techniques RULES (default sigma_rules/) look for.

    Wanted ones that no rule looks for are named, and the exit code is then 1.
    """
    covering = importlib.import_module("converter.packages.coverage")
    release = importlib.import_module("converter.packages").Release()
    edition = chosen_attack(attack, attack_data)
    ids = _wanted(Path(wanted)) if wanted else []
    content, faults = gather(rules or ("sigma_rules",), pipelines, release, edition)
    found = covering.coverage(content, ids)
    table = Table("tactic", "techniques", "wanted", "rules", title_justify="left")
    for row in covering.rows(found):
        table.add_row(*map(escape, row))
    Console(width=None if sys.stdout.isatty() else 100, highlight=False).print(table)
    for text in covering.gap_lines(found.gaps):
        click.echo(f"no rule looks for {text}")
    for word in found.unknown:
        click.echo(f"{wanted}: ATT&CK {edition.version} has no technique {word}", err=True)
    if svg:
        write_file(Path(svg), covering.svg(found, release.title))
        click.echo(svg, err=True)
    sys.exit(1 if faults or found.gaps or found.unknown else 0)


def _wanted(path: Path) -> list[str]:
    """The ids of a file, one a line; what follows a # does not count."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        step = "name a file of technique ids, one a line"
        raise PackageError("cannot be read as text", path=str(path), next_step=step) from None
    found = [line.partition("#")[0].strip() for line in lines]
    return [word for word in found if word]
