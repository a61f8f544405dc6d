"""The content pack for contentctl: names, references and searches hold together."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaged import content, shipped
from splunk_conf import expanded, macro_calls, rows
from test_cli import run
from test_rules import GOOD
from test_splunk_app import HOSTILE

from converter.languages import spl_syntax
from converter.packages import PACKAGES, Content

FOLDERS = ("detections", "stories", "data_sources", "macros", "lookups", "deployments")
# What contentctl 5.6 demands of each detection.
NEEDED = (
    "name id version date author status type description search how_to_implement "
    "known_false_positives tags"
).split()


Documents = dict[str, dict[str, dict[str, Any]]]


@cache
def pack() -> Documents:
    return documents(shipped())


def documents(found: Content) -> Documents:
    files = PACKAGES["contentctl"](found).files
    return {
        folder: {
            path: yaml.safe_load(data)
            for path, data in files.items()
            if path.startswith(f"{folder}/") and path.endswith(".yml")
        }
        for folder in FOLDERS
    }


def check_names(found: Documents) -> None:
    """Each file is called after what is in it, and no two things have the same name."""
    names = []
    for folder in found.values():
        for path, one in folder.items():
            name = str(one["name"])
            names.append(name.lower())
            assert Path(path).stem == re.sub(r"[ ./-]", "_", name).lower()
    assert len(names) == len(set(names))


def test_detections_have_what_contentctl_demands() -> None:
    """Keys are there, names are short, the filter is named after the file."""
    check_names(pack())
    detections = pack()["detections"]
    assert len(detections) == len(shipped().entries)
    stories = {one["name"] for one in pack()["stories"].values()}
    sources = {one["name"] for one in pack()["data_sources"].values()}
    for path, one in detections.items():
        assert [key for key in NEEDED if not one.get(key)] == []
        assert len(f"endpoint - polysigma - {one['name']} - Rule - Rule") <= 99
        assert str(one["search"]).endswith(f"`{Path(path).stem}_filter`")
        assert set(one["tags"]["analytic_story"]) <= stories
        assert set(one["data_source"]) <= sources
        ids = one["tags"]["mitre_attack_id"]
        assert not [id for id in ids if any(other.startswith(f"{id}.") for other in ids)]


def test_macros_and_lookups_are_all_there() -> None:
    """Each macro that a search calls has a file with as many arguments; each lookup its CSV."""
    files = PACKAGES["contentctl"](shipped()).files
    macros = {
        f"{one['name']}({len(args)})" if (args := one.get("arguments", [])) else str(one["name"]): {
            "definition": str(one["definition"]),
            "args": ",".join(args),
        }
        for one in pack()["macros"].values()
    }
    for path, one in pack()["detections"].items():
        filters = {f"{Path(path).stem}_filter": {"definition": "search *"}}
        text = expanded(str(one["search"]), macros | filters)
        assert macro_calls(text) == []
        for lookup in re.findall(r"inputlookup (\w+)", text):
            assert rows(files[f"lookups/{lookup}.csv"])
        assert spl_syntax.read(re.sub(r"\[\|[^\]]*\]", "x=1", text)).stages


def test_runs_follow_each_other_without_gap() -> None:
    """A rule about single events reads one period of its cron, no more and no less."""
    (one,) = documents(content(polysigma="{interval: 10m, lookback: 50m}"))["detections"].values()
    times = one["deployment"]["scheduling"]
    assert (times["earliest_time"], times["latest_time"]) == ("-60m@m", "-50m@m")
    assert re.fullmatch(r"\d-59/10 \* \* \* \*", times["cron_schedule"])


@pytest.mark.parametrize("title", HOSTILE.values(), ids=HOSTILE)
def test_hostile_titles_make_harmless_names(title: str) -> None:
    """Two rules with the same hostile title become two detections of plain names."""
    found = documents(content("plain", "plain", title=title))
    check_names(found)
    names = [str(one["name"]) for one in found["detections"].values()]
    assert len(names) == 2
    assert all(re.fullmatch(r"[A-Za-z0-9 -]+", name) for name in names)


def test_the_layout_is_chosen_on_the_command_line(tmp_path: Path) -> None:
    """`package splunk --layout contentctl` builds the pack; the layout is refused elsewhere."""
    folder = tmp_path / "sigma_rules" / "aws" / "cloudtrail"
    folder.mkdir(parents=True)
    (folder / "stop.yml").write_text(GOOD, "utf-8")
    assert run("package", "splunk", "--layout", "contentctl", cwd=tmp_path).exit_code == 0
    assert (tmp_path / "out/packages/contentctl/contentctl.yml").is_file()
    assert not (tmp_path / "out/packages/splunk").exists()
    refused = run("package", "sigma", "--layout", "contentctl", cwd=tmp_path)
    assert "--layout is for the package splunk" in str(refused.exception)


def test_values_that_contentctl_takes_for_macros_are_left_out() -> None:
    """Back-quotes inside a value make the rule unsupported there; the app takes it."""
    text = (
        "title: T\nid: {id}\nlogsource: {product: aws, service: cloudtrail}\n"
        "detection: {call: {userAgent: 'a`b`c'}, condition: call}\nlevel: low\n"
    )
    found = content(text)
    (error,) = PACKAGES["contentctl"](found).left_out
    assert "back-quotes" in error.what
    assert PACKAGES["splunk"](found).left_out == ()
