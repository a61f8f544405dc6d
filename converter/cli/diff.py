"""polysigma diff"""

from __future__ import annotations

import importlib
import io
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson

from converter.cli.talk import tell_errors
from converter.errors import PackageError
from converter.places import pipeline_folders
from converter.rules import read_rules

if TYPE_CHECKING:
    from converter.packages import Content

_LANGUAGES = ("lucene", "eql", "esql", "spl")
_TITLES = {"added": "New", "changed": "Changed", "removed": "Removed"}


@click.command("diff")
@click.argument("revision")
@click.argument("other", required=False)
@click.option("-r", "--rules", "place", default="sigma_rules", help="The folder of rules.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a rule.")
@click.option("--changelog", is_flag=True, help="Entries for a changelog, in Markdown.")
def command(revision: str, other: str | None, place: str, as_json: bool, changelog: bool) -> None:
    """Say what changed in each rule and its queries from REVISION of git to OTHER, by default to
    the files as they are: queries as text, and whether they now find more or fewer events."""
    with tempfile.TemporaryDirectory(prefix="polysigma-") as folder:
        old, faults = _content(_checkout(revision, place, Path(folder) / "old"), place)
        root = _checkout(other, place, Path(folder) / "new") if other else Path()
        new, more = _content(root, place)
        found = importlib.import_module("converter.packages.changes").changes(old, new)
    for kind in () if as_json else _TITLES:
        mine = [one for one in found if one.kind == kind]
        (_print_entries if changelog else _print)(_TITLES[kind], mine)
    for one in found if as_json else ():
        click.echo(orjson.dumps(asdict(one)).decode())
    click.echo(f"{len(found)} rules differ", err=True)
    sys.exit(1 if faults or more else 0)


def _print(title: str, found: Sequence[Any]) -> None:
    if found:
        click.echo(f"## {title}\n")
    for one in found:
        click.echo(f"- {one.title} ({one.path})")
        for text in one.lines:
            click.echo(f"    {text}")
    if found:
        click.echo("")


def _print_entries(title: str, found: Sequence[Any]) -> None:
    if found:
        click.echo(f"### {title} rules ({len(found)})\n")
    for one in found:
        words = [_markdown(text) for text in (one.title, "; ".join(one.brief)) if text]
        click.echo(f"- {': '.join(words)}")
    if found:
        click.echo("")


def _markdown(text: str) -> str:
    """The text as it is, whatever it holds that Markdown or HTML would read."""
    return re.sub(r"([\\`*_\[\]<>&|#])", r"\\\1", text)


def _checkout(revision: str, place: str, folder: Path) -> Path:
    """Rules and pipelines of a revision, below a new folder. Raises PackageError."""
    if revision.startswith("-"):
        raise PackageError(f"{revision} is no revision", next_step="name one that `git log` shows")
    wanted = [name for name in (place, "pipelines") if _has(revision, name)]
    if place not in wanted:
        step = "name a revision of this repository, and its rules with --rules"
        raise PackageError(f"the revision {revision} has no {place}/", next_step=step)
    raw = _git("archive", "--format=tar", revision, "--", *wanted)
    with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def _has(revision: str, name: str) -> bool:
    return bool(_git("ls-tree", "--name-only", revision, "--", name).strip())


def _git(*words: str) -> bytes:
    try:
        done = subprocess.run(["git", *words], capture_output=True, check=False)
    except OSError:
        raise PackageError("git cannot be run", next_step="install git") from None
    if done.returncode:
        what = " ".join(done.stderr.decode("utf-8", "replace").split()) or "git has failed"
        raise PackageError(what, next_step="name a revision that `git log` shows")
    return done.stdout


def _content(root: Path, place: str) -> tuple[Content, int]:
    """The content of the rules below a folder, and how many are at fault, each told."""
    rules = read_rules([str(root / place)])
    folders = [one for one in pipeline_folders() if one != Path.cwd() / "pipelines"]
    own = root / "pipelines"
    folders = ([own] if own.is_dir() else []) + folders
    pipelines = importlib.import_module("converter.pipelines").Pipelines(folders=folders)
    converter = importlib.import_module("converter.convert").Converter(rules, pipelines, _LANGUAGES)
    collecting = importlib.import_module("converter.packages.collecting")
    release = importlib.import_module("converter.packages").Release()
    attack = importlib.import_module("converter.attack").shipped()
    found: tuple[Content, list[Any]] = collecting.collect(
        list(converter.convert_all()), rules, pipelines, attack, release
    )
    content, errors = found
    return content, tell_errors([*rules.errors, *errors])
