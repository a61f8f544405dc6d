"""Rules that say hostile things of themselves: a valid artefact, or a refusal that says why."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tomllib
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaged import PLAIN, content
from test_cli import run
from test_package_kibana import objects, validator

from converter.packages import PACKAGES, Content, kibana
from converter.packages.manifest import sealed
from converter.rules import Rule

ROOT = Path(__file__).resolve().parent.parent
ID = "00000000-0000-4000-8000-000000000000"
TITLES = {
    "newline": "two\nlines",
    "stanza": "[stanza]\nsearch = *",
    "quotes": '"double" \'single\' `back` """',
    "token": "$result.host$ ${x} $(reboot) %TITLE%",
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "formula": '=HYPERLINK("http://x","y")',
    "path": "../../../../etc/passwd",
    "null": "a\x00b\x1b[31mc\x7f",
    "spaces": " \t ",
    "separators": "a\u2028b\u2029c\ufeff\u202ed",
    "backslash": "ends in \\",
    "long": "x" * 500,
    "long words": "word " * 100,
    "emoji": "\U0001f600" * 10,
    "template": "{{ 7 * 7 }} {% raw %} #{x}",
    "yaml": "- a: b # c",
}
TEXT_KEYS = ("description", "author", "license")
LIST_KEYS = ("references", "falsepositives")


def hostile(text: str) -> Content:
    """One rule that says this text wherever a rule says text."""
    found = content()
    entry = found.entries[0]
    extra = dict.fromkeys(("setup", "investigation_guide", "note"), text) | {"tags": [text]}
    data = entry.rule.data | {"title": text, "polysigma": extra}
    data |= dict.fromkeys(TEXT_KEYS, text) | {key: [text] for key in LIST_KEYS}
    rule = Rule("r.yml", "r", 0, "rule", data, yaml.safe_dump(data, allow_unicode=True))
    return replace(found, entries=(replace(entry, rule=rule),))


@pytest.mark.parametrize("name", TITLES)
def test_kibana_takes_it(name: str) -> None:
    """Each line is one rule that fits the schema, with a name on one line that is not too long."""
    found = hostile(TITLES[name])
    (one,) = objects(kibana.build(found))
    assert list(validator().iter_errors(one)) == []
    assert 0 < len(one["name"]) <= 200
    assert one["name"].isprintable()
    assert len(one["name"].splitlines()) == 1


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("name", TITLES)
def test_paths_are_plain_and_files_are_read_back(package: str, name: str) -> None:
    """No text becomes a path, and each file is a file of its format."""
    found = hostile(TITLES[name])
    files = sealed(package, PACKAGES[package](found), found)
    for path, data in files.items():
        assert ".." not in path
        assert not path.startswith("/")
        assert path.isascii()
        assert path.isprintable()
        read(path, data)


def read(path: str, data: bytes) -> Any:
    """The file, by its format."""
    readers = {
        ".json": json.loads,
        ".ndjson": lambda raw: [json.loads(line) for line in raw.splitlines()],
        ".toml": lambda raw: tomllib.loads(raw.decode()),
        ".yml": yaml.safe_load,
        ".spl": gzip.decompress,
        ".zip": lambda raw: zipfile.ZipFile(io.BytesIO(raw)).testzip(),
    }
    return readers.get(Path(path).suffix, bytes.decode)(data)


REFUSED = {
    # what is wrong with a rule: what is said of it
    "no id": (PLAIN.replace("id: {id}\n", ""), "the rule has no id"),
    "no uuid": (PLAIN.replace("{id}", "None"), "no UUID"),
    "a level of one's own": (PLAIN.replace("level: low", "level: grave"), "grave"),
    "a score in words": (PLAIN + "polysigma: {{risk_score: high}}\n", "from 0 to 100"),
    "a score of yes": (PLAIN + "polysigma: {{risk_score: yes}}\n", "from 0 to 100"),
    "no alerts": (PLAIN + "polysigma: {{max_alerts: 0}}\n", "from 1"),
    "a suppression of nothing": (PLAIN + "polysigma: {{suppression: {{by: []}}}}\n", "no fields"),
    "a suppression in words": (
        PLAIN + "polysigma: {{suppression: {{by: [a], within: long}}}}\n",
        "no time span",
    ),
    "a list of terms": (PLAIN + "polysigma: {{new_terms: [eventName]}}\n", "unreadable new_terms"),
    "a schedule in words": (PLAIN + "polysigma: {{interval: often}}\n", "no time span"),
    "no title": (PLAIN.replace("title: A title\n", ""), "no title"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_what_cannot_be_packaged_is_refused_by_name(fault: str, tmp_path: Path) -> None:
    """The rule is named with its file and the reason, the good one is packaged."""
    folder = tmp_path / "sigma_rules"
    folder.mkdir()
    text, said = REFUSED[fault]
    (folder / "bad.yml").write_text(text.format(id=ID[:-1] + "7"), "utf-8")
    (folder / "good.yml").write_text(PLAIN.format(id=ID), "utf-8")
    done = run("package", "kibana", cwd=tmp_path)
    assert done.exit_code == 1
    assert "sigma_rules/bad.yml" in done.stderr
    assert said in done.stderr
    rules = (tmp_path / "out/packages/kibana/rules-001.ndjson").read_bytes().splitlines()
    assert [json.loads(line)["rule_id"] for line in rules] == [ID]


def test_a_rule_with_several_conditions_is_one_rule() -> None:
    """Two conditions give one artefact with one id, which finds what either does."""
    both = "{a: {eventName: A}, b: {eventName: B}, condition: [a, b]}"
    (one,) = objects(kibana.build(content(detection=both)))
    assert one["rule_id"] == ID
    assert "event.action:A" in one["query"]
    assert "event.action:B" in one["query"]


def test_two_builds_give_the_same_bytes() -> None:
    """All packages of the same rules, read anew, are the same to the byte."""

    def sums() -> dict[str, str]:
        found = content("plain", "plain", level="high")
        return {
            f"{name}/{path}": hashlib.sha256(data).hexdigest()
            for name, build in PACKAGES.items()
            for path, data in sealed(name, build(found), found).items()
        }

    assert sums() == sums()


def test_packages_do_not_depend_on_where_the_rules_lie(tmp_path: Path) -> None:
    """The same rules named by full and by relative path, left out or not, give the same bytes."""
    folder = tmp_path / "sigma_rules" / "x"
    folder.mkdir(parents=True)
    (folder / "r.yml").write_text(PLAIN.format(id=ID), "utf-8")
    undated = PLAIN.format(id=ID[:-1] + "1").replace("date: 2026-01-01\n", "")
    (folder / "undated.yml").write_text(undated, "utf-8")
    done = run("package", "-r", str(tmp_path / "sigma_rules"), "-o", "far", cwd=tmp_path)
    assert "no readable `date:`" in done.stderr
    run("package", "-r", "sigma_rules", "-o", "near", cwd=tmp_path)
    far, near = (
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (tmp_path / "far", tmp_path / "near")
    )
    assert far == near
    assert not any(str(tmp_path).encode() in data for data in far.values())
