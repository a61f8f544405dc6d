"""SigmaHQ's conventions for titles, file names, descriptions: its own validators, offline."""

from __future__ import annotations

import importlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sigma.collection import SigmaCollection

from converter.upstream import mend

RULES = Path(__file__).resolve().parent.parent / "sigma_rules"
TABLE = yaml.safe_load(Path(__file__).with_name("cases").joinpath("sigmahq.yml").read_text("utf-8"))
LEFT = TABLE["left"] | TABLE["offline"]


@pytest.fixture(scope="module")
def validators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """SigmaHQ's validators by name, with the data of the package and without a network.

    They read newer data from a folder validator_json where there is one, else from the network.
    """
    folder = tmp_path_factory.mktemp("sigmahq")
    folder.joinpath("validator_json").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(socket.socket, "connect", _refuse)
        found = importlib.import_module("sigma.validators.sigmahq").validators
        yield {name: kind() for name, kind in found.items()}


def _refuse(*_: object) -> None:
    raise AssertionError("a validator asks the network; exclude it in tests/cases/sigmahq.yml")


@pytest.fixture(scope="module")
def rules() -> SigmaCollection:
    """The shipped rules as pySigma reads them, with the modifiers that are ours."""
    mend()
    return SigmaCollection.load_ruleset([RULES], recursion_pattern="**/*.yml")


def test_conventions(validators: dict[str, Any], rules: SigmaCollection) -> None:
    """Every shipped rule keeps each of SigmaHQ's conventions that is not left with a reason."""
    kept = [validator for name, validator in validators.items() if name not in LEFT]
    issues = [issue for rule in rules for one in kept for issue in one.validate(rule)]
    issues += [issue for one in kept for issue in one.finalize()]
    assert [str(issue) for issue in issues] == []
    assert len(kept) > 40
    assert len(rules) > 40


def test_exceptions_are_needed(validators: dict[str, Any], rules: SigmaCollection) -> None:
    """Each convention in the table exists, and some shipped rule does leave it."""
    unused = [
        name for name in TABLE["left"] if not any(validators[name].validate(rule) for rule in rules)
    ]
    assert unused == []
    assert TABLE["offline"].keys() <= validators.keys()


def test_descriptions_begin_alike(rules: SigmaCollection) -> None:
    """A description begins with Detects, as SigmaHQ's do; no validator says so."""
    others = [rule.title for rule in rules if not str(rule.description).startswith("Detects ")]
    assert others == []
