"""The command line: the only place that prints, writes files or exits.

Data goes to stdout, talk to stderr. Exit code 0: good; 1: findings; 2: usage or unreadable input.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from converter import __version__
from converter.cli.talk import tell_errors
from converter.errors import PolysigmaError

# Loaded only when asked for, so that --help answers at once.
_COMMANDS = {
    "convert": ("converter.cli.convert", "Turn Sigma rules into queries."),
    "test": ("converter.cli.samples", "Run every rule's sample events."),
    "scan": ("converter.cli.scan", "Match logs against rules."),
    "explain": ("converter.cli.explain", "Say why a rule did or did not match an event."),
    "prove": ("converter.cli.prove", "Say whether a query means the same as a rule."),
    "package": ("converter.cli.package", "Build what each platform installs."),
    "coverage": ("converter.cli.coverage", "Show which ATT&CK techniques the rules look for."),
    "diff": ("converter.cli.diff", "Say what changed in rules and queries since a revision."),
    "docs": ("converter.cli.docs", "Write the page of all detections."),
    "lint": ("converter.cli.lint", "Check rules, their metadata and their samples."),
}


# Rules stay until the end: to look for garbage among them again and again is for nothing.
_YOUNG = 100_000

_INTERRUPTED = 130  # as shells say it of Ctrl-C


class _Commands(click.Group):
    """Commands by name, imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(_COMMANDS[cmd_name][0]).command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(_INTERRUPTED)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="polysigma")
def polysigma() -> None:
    """Write a detection once as a Sigma rule, ship it to every SIEM."""


def prepare(arguments: Sequence[str]) -> None:
    """Loads what the command needs that these arguments name, if they begin with one."""
    gc.set_threshold(_YOUNG)
    for name in arguments[:1]:
        if name in _COMMANDS:
            importlib.import_module(_COMMANDS[name][0])


def main(arguments: list[str] | None = None) -> Any:
    """Entry point of the `polysigma` command."""
    gc.set_threshold(_YOUNG)
    try:
        polysigma.main(arguments, prog_name="polysigma", standalone_mode=True)
    except PolysigmaError as error:
        tell_errors([error])
        sys.exit(2)
    except BrokenPipeError:
        # The reader of our output has gone; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
