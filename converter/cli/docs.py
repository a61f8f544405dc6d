"""polysigma docs"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click
import yaml

from converter.cli.output import write_file
from converter.cli.talk import tell_errors
from converter.detections import Documented, page, without_rule
from converter.errors import PackageError
from converter.rules import read_rules


@click.command("docs")
@click.argument("rules", nargs=-1, type=click.Path())
@click.option("--report", default="out/report.json", type=click.Path(), help="What convert wrote.")
@click.option(
    "--documented",
    default="docs/documented.yml",
    type=click.Path(),
    help="The detections that must have a rule: a list of id, name and origin.",
)
@click.option("-o", "--out", default="docs", type=click.Path(), help="The folder of the page.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if the page is stale.")
def command(rules: tuple[str, ...], report: str, documented: str, out: str, check: bool) -> None:
    """Write docs/detections.md: every detection of RULES (default sigma_rules/), its rule, its
    kind, and how faithful its query is in each language."""
    rule_set = read_rules(rules or ("sigma_rules",))
    faults = tell_errors(rule_set.errors)
    wanted = _read_documented(Path(documented))
    files = page(rule_set, _read_report(Path(report)), wanted)
    missing = without_rule(rule_set, wanted)
    for one in missing:
        click.echo(f"{documented}: no rule is the detection {one.id}; write one", err=True)
    stale = [name for name, content in files.items() if _content(Path(out) / name) != content]
    for name in stale if check else ():
        click.echo(f"{out}/{name} is stale; run polysigma docs", err=True)
    if not check:
        for name in stale:
            write_file(Path(out) / name, files[name])
    sys.exit(1 if faults or missing or (check and stale) else 0)


def _read_report(path: Path) -> dict[str, Any]:
    try:
        report = json.loads(path.read_bytes())
        report["rules"][:0]
    except (OSError, ValueError, KeyError, TypeError):
        step = "run polysigma convert first"
        raise PackageError("is no report of a conversion", path=str(path), next_step=step) from None
    return dict(report)


def _read_documented(path: Path) -> list[Documented]:
    if not path.exists():
        return []
    try:
        rows = yaml.safe_load(path.read_text("utf-8")) or []
        return [Documented(row["id"], row["name"], row["origin"]) for row in rows]
    except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError):
        step = "write a list of {id, name, origin}"
        raise PackageError("names no detections", path=str(path), next_step=step) from None


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
