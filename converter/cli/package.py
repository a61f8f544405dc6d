"""polysigma package"""

from __future__ import annotations

import contextlib
import importlib
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from converter.cli import cache
from converter.cli.convert import NAMES, context, started
from converter.cli.output import replace_folder, write_file
from converter.cli.talk import tell_errors
from converter.errors import PackageError, PolysigmaError, Unsupported
from converter.rules import rule_files, rules_of

if TYPE_CHECKING:
    from converter.attack import Attack
    from converter.packages import Content, Package, Release


LOCK = "versions.lock.json"


@click.command("package")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "-r",
    "--rules",
    "places",
    multiple=True,
    type=click.Path(),
    help="Rule files or folders; repeat for several. Default: sigma_rules/.",
)
@click.option("-p", "--pipeline", "pipelines", multiple=True, help="As in polysigma convert.")
@click.option("-o", "--out", default="out/packages", type=click.Path(), help="The output folder.")
@click.option(
    "--layout",
    type=click.Choice(("app", "contentctl")),
    help="What `splunk` builds: an app (default), or the package contentctl.",
)
@click.option("--release", default="1.0.0", help="The version of the packages as a whole.")
@click.option("--attack", type=click.Choice(("18", "19")), help="Whose tactics; default: 19.")
@click.option("--attack-data", type=click.Path(), help="ATT&CK from a file: MITRE's STIX bundle.")
@click.option(
    "--lock",
    type=click.Path(),
    help="The file of versions; default: versions.lock.json, or none where --rules are named.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if the output is stale.")
@click.option("--strict", is_flag=True, help="Exit 1 unless every rule is in every package.")
def command(
    names: tuple[str, ...],
    places: tuple[str, ...],
    pipelines: tuple[str, ...],
    out: str,
    layout: str | None,
    release: str,
    attack: str | None,
    attack_data: str | None,
    lock: str | None,
    check: bool,
    strict: bool,
) -> None:
    """Build the packages NAME (default: all) from Sigma rules, each below out/packages/NAME/.

    Rules that a platform cannot take, or that lack what it asks for, are named on stderr with the
    reason; the others are still packaged. The exit code is 1 where a rule is at fault.
    """
    packages = importlib.import_module("converter.packages")
    chosen = _chosen(_laid_out(names, layout), packages.PACKAGES)
    _check_release(release)
    edition = chosen_attack(attack, attack_data)
    lock_file = Path(lock or LOCK) if lock or not places else None
    content, faults = gather(
        places or ("sigma_rules",), pipelines, packages.Release(version=release), edition
    )
    content, new_lock = _with_versions(content, lock_file)
    sealed = importlib.import_module("converter.packages.manifest").sealed
    built: dict[Path, dict[str, bytes]] = {}
    for name in chosen:
        package: Package = packages.PACKAGES[name](content)
        faults += _tell(name, package, strict)
        built[Path(out) / name] = sealed(name, package, content)
    stale = 0
    if check:
        stale = sum(_tell_stale(folder, files) for folder, files in built.items())
        stale += lock_file is not None and _tell_stale_lock(lock_file, new_lock)
    else:
        _write(built, lock_file, new_lock)
    sys.exit(1 if faults or stale else 0)


def _write(built: dict[Path, dict[str, bytes]], lock_file: Path | None, lock: bytes) -> None:
    """The folders, each whole, then the lock: versions that nobody has seen are not taken."""
    for folder, files in built.items():
        replace_folder(folder, files, "manifest.json")
        click.echo(f"{len(files)} files below {folder}/", err=True)
    if lock_file is not None and _content(lock_file) != lock:
        write_file(lock_file, lock)


def _tell_stale_lock(file: Path, lock: bytes) -> bool:
    stale = _content(file) != lock
    if stale:
        click.echo(f"stale: {file}", err=True)
    return stale


def _content(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""


def _with_versions(content: Content, file: Path | None) -> tuple[Content, bytes]:
    """The content with the versions of the lock, and the lock as it is to be. PackageError."""
    if file is None:
        return content, b""
    versions = importlib.import_module("converter.packages.versions")
    raw = _content(file)
    found, after = versions.locked(content, versions.read_lock(raw, str(file)) if raw else {})
    return found, versions.write_lock(after)


def _check_release(release: str) -> None:
    """It becomes part of file names, and platforms compare it."""
    if not re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}(-[0-9A-Za-z.-]+)?", release):
        step = "write three numbers, such as 1.2.0"
        raise PackageError(f"the release {release!r} is no version", next_step=step)


def _laid_out(names: Sequence[str], layout: str | None) -> Sequence[str]:
    if layout and "splunk" not in names:
        raise PackageError("--layout is for the package splunk", next_step="name splunk too")
    return ["contentctl" if name == "splunk" and layout == "contentctl" else name for name in names]


def _chosen(names: Sequence[str], known: Sequence[str]) -> list[str]:
    for name in names:
        if name not in known:
            step = f"choose from {', '.join(sorted(known))}"
            raise PackageError(f"there is no package {name}", next_step=step)
    return list(dict.fromkeys(names)) or sorted(known)


def chosen_attack(version: str | None, file: str | None) -> Attack:
    """The edition of ATT&CK that was asked for. Raises PackageError where there is none."""
    known = importlib.import_module("converter.attack")
    if file is None:
        found: Attack = known.edition(version or known.VERSION)
        return found
    if version is not None:
        step = "name one of --attack and --attack-data"
        raise PackageError("ATT&CK is asked for twice", next_step=step)
    try:
        read: Attack = known.read_attack(Path(file).read_bytes(), file)
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
        raise PackageError(what, path=file, next_step="check the path") from None
    return read


def gather(
    places: Sequence[str], pipelines: tuple[str, ...], release: Release, attack: Attack
) -> tuple[Content, int]:
    """The content of packages from rules, and how many rules are at fault, each told on stderr.

    Raises PolysigmaError where no rule can be used.
    """
    files, missing = rule_files(places)
    rules = rules_of(files, missing)
    faults = tell_errors(rules.errors)
    if not rules.rules:
        raise PackageError("there is nothing to package", next_step="name rules with --rules")
    converted = _convert(rules, pipelines)
    collecting = importlib.import_module("converter.packages.collecting")
    chosen = importlib.import_module("converter.pipelines").Pipelines(pipelines)
    content, errors = collecting.collect(converted, rules, chosen, attack, release)
    return content, faults + tell_errors(errors)


def _convert(rules: Any, pipelines: tuple[str, ...]) -> list[Any]:
    name = context(NAMES, pipelines)
    with contextlib.ExitStack() as stack:
        workers = started(stack, (pipelines, NAMES))
        convert_all = importlib.import_module("converter.cli.converting").convert_all
        found: list[Any] = convert_all(rules, workers, name, cache.recall(f"rules-{name}"))
    return found


def _tell(name: str, package: Package, strict: bool) -> int:
    """Says what is left out; how many of it count as faults."""
    count = 0
    for note in package.notes:
        click.echo(f"{name}: {note}", err=True)
    for error in package.left_out:
        at_fault = strict or not isinstance(error, Unsupported)
        count += at_fault
        click.echo(f"{'error: ' * at_fault}{name}: left out: {error}", err=True)
    return count


def _tell_stale(folder: Path, files: dict[str, bytes]) -> int:
    there = {
        path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()
    }
    changed = [
        name for name, data in files.items() if name in there and _differs(there[name], data)
    ]
    names = sorted({*changed, *(files.keys() ^ there.keys())})
    for name in names:
        click.echo(f"stale: {folder}/{name}", err=True)
    return len(names)


def _differs(path: Path, data: bytes) -> bool:
    try:
        return path.read_bytes() != data
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
        raise PolysigmaError(what, path=str(path), next_step="mend or remove it") from None
