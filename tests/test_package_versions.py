"""Versions: what raises them, what they are told by, and what changed between two revisions."""

from __future__ import annotations

import json
import subprocess
import uuid
from pathlib import Path

import pytest
import yaml
from packaged import PLAIN, content, shipped
from test_cli import run

from converter.errors import PackageError
from converter.packages.changes import changes
from converter.packages.manifest import sealed
from converter.packages.navigator import build
from converter.packages.versions import locked, read_lock, write_lock

ID = "00000000-0000-4000-8000-000000000000"
NEXT = ID[:-1] + "1"

# What is changed in a rule, and its version after version 1.
RAISES = {
    "detection: {a: {eventName: [CreateInstanceExportTask, x]}, condition: a}": 2,
    "detection: {b: {eventName: CreateInstanceExportTask}, condition: b}": 1,
    "detection: {a: {eventName: CreateInstanceExportTask}, condition: a and a}": 1,
    "level: high": 2,
    "polysigma: {interval: 1h}": 2,
    "polysigma: {risk_score: 50}": 2,
    "polysigma: {version: 7}": 7,
    "polysigma: {investigation_guide: Look twice.}": 1,
    "status: deprecated": 2,
    "title: Another": 1,
    "description: In other words.": 1,
    "tags: [attack.collection, attack.t1074]": 1,
}

# old and new detection: what the prover says of both schemas
MEANINGS = {
    ("eventName: [A, B]", "eventName: [A, B, C]"): "widens",
    ("eventName: [A, B]", "eventName: A"): "narrows",
    ("eventName: A", "eventName: B"): "both",
    ("eventName|startswith: Ab", "eventName|re|i: ^Ab"): "proved",
}


def changed(line: str) -> dict[str, str]:
    key, _, value = line.partition(": ")
    return {key: value}


@pytest.mark.parametrize("line", RAISES)
def test_a_version_rises_with_the_meaning_alone(line: str) -> None:
    """Logic, schedule, gravity and state raise the version, words and formatting do not."""
    _, lock = locked(content(), {})
    found, after = locked(content(**changed(line)), lock)
    assert found.entries[0].version == RAISES[line]
    assert after[ID].version == RAISES[line]


def test_the_lock_reads_as_it_was_written() -> None:
    """The file of a lock holds it whole, and nothing else is taken for one."""
    _, lock = locked(shipped(), {})
    assert read_lock(write_lock(lock)) == lock
    assert write_lock(read_lock(write_lock(lock))) == write_lock(lock)
    for wrong in (b"", b"[]", b"{}", b'{"rules": [1]}', b'{"rules": {"a": {}}}'):
        with pytest.raises(PackageError, match="is no lock"):
            read_lock(wrong)


def test_rules_that_are_gone_keep_their_version() -> None:
    """A rule that goes is a version of its own, and one that comes back has no lower one."""
    _, lock = locked(content(level="high"), locked(content(), {})[1])
    _, without = locked(content("plain", "plain"), {**lock, "x": lock[ID]})
    assert without["x"].gone
    _, gone = locked(content(PLAIN.format(id=NEXT)), lock)
    assert (gone[ID].gone, gone[ID].version) == (True, 3)
    assert locked(content(PLAIN.format(id=NEXT)), gone)[1] == gone
    found, back = locked(content(level="high"), gone)
    assert (found.entries[0].version, back[ID].gone) == (3, False)


@pytest.mark.parametrize(("old", "new"), MEANINGS)
def test_the_prover_says_what_a_change_does(old: str, new: str) -> None:
    """A changed detection is found wider, narrower, another, or the same."""
    texts = [f"{{a: {{{one}}}, condition: a}}" for one in (old, new)]
    (change,) = changes(content(detection=texts[0]), content(detection=texts[1]))
    assert change.kind == "changed"
    assert change.verdicts == dict.fromkeys(("ecs", "splunk"), MEANINGS[old, new])


def test_changes_name_what_came_went_and_was_set() -> None:
    """New, removed and changed rules are told apart, and formatting is no change."""
    found = changes(content("plain", level="low"), content("plain", "plain", level="high"))
    assert [(one.kind, one.id) for one in found] == [("changed", ID), ("added", NEXT)]
    assert "level: low has become high" in found[0].lines
    assert [one.kind for one in changes(content("plain", "plain"), content())] == ["removed"]
    assert changes(content(), content(description="In other words.")) == []


def test_the_bill_lists_files_rules_and_attack() -> None:
    """Each file, each rule with its version, and ATT&CK is a component of its own."""
    files = sealed("navigator", build(shipped()), shipped())
    bill = json.loads(files["bom.cdx.json"])
    refs = [one["bom-ref"] for one in bill["components"]]
    rules = [f"rule:{entry.rule.id}" for entry in shipped().entries]
    assert refs == ["file:layer.json", *rules, "attack"]
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert uuid.UUID(bill["serialNumber"].removeprefix("urn:uuid:")).version == 5
    assert sealed("navigator", build(shipped()), shipped()) == files


def git(*words: str, cwd: Path) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *words], cwd=cwd, check=True, capture_output=True)


def test_diff_compares_a_revision_with_the_files(tmp_path: Path) -> None:
    """The command reports the change with its queries; an unknown revision is refused by name."""
    rule = tmp_path / "sigma_rules" / "aws" / "cloudtrail" / "r.yml"
    rule.parent.mkdir(parents=True)
    rule.write_text(PLAIN.format(id=ID), "utf-8")
    git("init", "-q", cwd=tmp_path)
    git("add", ".", cwd=tmp_path)
    git("commit", "-qm", "one", cwd=tmp_path)
    rule.write_text(PLAIN.format(id=ID).replace("CreateInst", "Create*Inst"), "utf-8")
    shown = run("diff", "HEAD", cwd=tmp_path)
    assert shown.exit_code == 0
    assert "the meaning is wider" in shown.stdout
    assert "+ event.dataset:aws.cloudtrail AND event.action:Create*InstanceExp" in shown.stdout
    (line,) = run("diff", "HEAD", "--json", cwd=tmp_path).stdout.splitlines()
    assert json.loads(line)["verdicts"] == {"ecs": "widens", "splunk": "widens"}
    assert "name a revision" in str(run("diff", "nonsense", cwd=tmp_path).exception)
    assert "no revision" in str(run("diff", "--", "--output=x", cwd=tmp_path).exception)
    assert run("diff", "HEAD", "HEAD", cwd=tmp_path).stdout == ""


def test_diff_writes_entries_of_a_changelog(tmp_path: Path) -> None:
    """A new, a changed and a removed rule are one line each, and a title cannot become markup."""
    folder = tmp_path / "sigma_rules" / "aws" / "cloudtrail"
    folder.mkdir(parents=True)
    (folder / "kept.yml").write_text(PLAIN.format(id=ID), "utf-8")
    (folder / "gone.yml").write_text(PLAIN.format(id=NEXT), "utf-8")
    git("init", "-q", cwd=tmp_path)
    git("add", ".", cwd=tmp_path)
    git("commit", "-qm", "one", cwd=tmp_path)
    wider = PLAIN.format(id=ID).replace("CreateInst", "Create*Inst")
    (folder / "kept.yml").write_text(wider.replace("level: low", "level: high"), "utf-8")
    (folder / "gone.yml").rename(folder / "new.yml")
    titled = {"title": "[x](http://y) <b>", "id": NEXT[:-1] + "2"}
    data = yaml.safe_load(PLAIN.format(id=NEXT)) | titled
    (folder / "new.yml").write_text(yaml.safe_dump(data), "utf-8")
    said = run("diff", "HEAD", "--changelog", cwd=tmp_path).stdout
    title = yaml.safe_load(PLAIN.format(id=ID))["title"]
    assert "### New rules (1)\n\n- \\[x\\](http://y) \\<b\\>\n" in said
    assert f"### Removed rules (1)\n\n- {title}\n" in said
    assert f"- {title}: Elastic and Splunk: the meaning is wider" in said
    assert "has become high" in said
    assert "event.action" not in said


def test_package_keeps_a_lock_of_versions(tmp_path: Path) -> None:
    """The lock is written with the packages, raised with a change, and checked for freshness."""
    rule = tmp_path / "sigma_rules" / "aws" / "cloudtrail" / "r.yml"
    rule.parent.mkdir(parents=True)
    rule.write_text(PLAIN.format(id=ID), "utf-8")
    assert run("package", "navigator", cwd=tmp_path).exit_code == 0
    rule.write_text(PLAIN.format(id=ID).replace("level: low", "level: high"), "utf-8")
    checked = run("package", "navigator", "--check", cwd=tmp_path)
    assert (checked.exit_code, "stale: versions.lock.json" in checked.stderr) == (1, True)
    assert run("package", "navigator", cwd=tmp_path).exit_code == 0
    lock = json.loads((tmp_path / "versions.lock.json").read_bytes())
    assert lock["rules"][ID]["version"] == 2
    assert run("package", "navigator", "-r", "sigma_rules", "-o", "x", cwd=tmp_path).exit_code == 0
