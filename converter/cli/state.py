"""The file in which a scan saves what correlations and first-seen rules need in the next one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import click

from converter.errors import StateError
from converter.matcher.correlation import Engine, packed, unpacked


def load_state(file: str | None, engine: Engine) -> Engine:
    """Goes on from the file, where there is one; says which rules begin anew. Raises StateError."""
    if file is None:
        return engine
    path = Path(file)
    if not path.parent.is_dir():
        raise StateError("its folder does not exist", path=file, next_step="make the folder")
    try:
        dropped = engine.restore(unpacked(path.read_bytes())) if path.exists() else []
    except OSError as error:
        step = "check the path and the permissions"
        raise StateError(f"cannot be read ({error.strerror})", path=file, next_step=step) from None
    except StateError as error:
        raise error.at(file) from None
    for title in dropped:
        click.echo(f"state: {title!r} has changed or is gone; what was saved is dropped", err=True)
    return engine


def save_state(file: str | None, engine: Engine) -> None:
    """Writes the file in one step, so that there is always a whole one. Raises StateError."""
    if file is None:
        return
    path = Path(file)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as new:
                new.write(packed(engine.state()))
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        step = "check the path and the permissions"
        raise StateError(
            f"cannot be written ({error.strerror})", path=file, next_step=step
        ) from None
    except StateError as error:
        raise error.at(file) from None
