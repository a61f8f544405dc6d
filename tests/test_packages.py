"""What all packages share: ATT&CK, archives, manifests, the command; and the two smallest ones."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from packaged import ROOT, content, shipped
from sigma.backends.elasticsearch.elasticsearch_lucene import LuceneBackend
from sigma.collection import SigmaCollection
from sigma.processing.pipeline import ProcessingPipeline
from test_cli import run
from test_rules import GOOD

from converter import attack
from converter.errors import PackageError
from converter.packages import PACKAGES
from converter.packages.archives import tar_gzipped, zipped
from converter.packages.manifest import sealed
from converter.packages.metadata import line, risk_score, schedule, severity, span, title
from converter.packages.threat import aims
from converter.rules import Rule, RuleFile, read_rules, rules_of

FILES = st.dictionaries(
    st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8}){0,2}\.txt", fullmatch=True),
    st.binary(max_size=200_000),
    max_size=5,
)

AIMS = {
    # tags: tactic -> techniques -> sub-techniques
    "exfiltration collection t1020 t1074": {"TA0010": {"T1020": []}, "TA0009": {"T1074": []}},
    "t1040": {"TA0006": {"T1040": []}, "TA0007": {"T1040": []}},
    "discovery t1040": {"TA0007": {"T1040": []}},
    "exfiltration t1020.001 t1020": {"TA0010": {"T1020": ["T1020.001"]}},
    "t1562.008": {"TA0112": {"T1685": ["T1685.002"]}},
    "defense-evasion": {"TA0005": {}},
    "defense_evasion": {"TA0005": {}},
    "impact t9999 g0007 s0002": {"TA0040": {}},
    "": {},
}


def rule(**data: object) -> Rule:
    known = {"id": "00000000-0000-4000-8000-000000000001", "title": "A title"}
    return Rule("r.yml", "r", 0, "rule", known | data, "")


@pytest.mark.parametrize("tags", AIMS)
def test_techniques_stand_under_their_tactics(tags: str) -> None:
    """Each tagged tactic has those of the rule's techniques that serve it, and no others."""
    found = aims(rule(tags=[f"attack.{tag}" for tag in tags.split()]), attack.shipped())
    assert {
        aim.tactic.id: {
            one.id: [below.id for below in parts] for one, parts in aim.techniques.items()
        }
        for aim in found
    } == AIMS[tags]


def test_metadata_has_defaults_and_refuses_what_it_cannot_read() -> None:
    """A rule that says nothing is low, runs every 5 minutes and looks back as much again."""
    bare = rule()
    assert (severity(bare), risk_score(bare), schedule(bare)) == ("low", 21, (300, 300))
    for wrong in ({"level": "huge"}, {"polysigma": {"risk_score": 101}}):
        with pytest.raises(PackageError):
            risk_score(rule(**wrong))
    with pytest.raises(PackageError):
        schedule(rule(polysigma={"interval": "soon"}))


def test_spans_and_titles_are_short() -> None:
    """A span is in its largest whole unit above one, a title one line of bounded length."""
    spans = [span(n) for n in (60, 3600, 7200, 86400, 172800, 90)]
    assert spans == ["1m", "60m", "2h", "24h", "2d", "90s"]
    assert line(" a\n\tb\x00c\u2028d ") == "a b c d"
    assert title(rule(title="word " * 200), 20) == "word word word…"


@given(FILES)
def test_archives_hold_their_files_and_nothing_of_the_moment(files: dict[str, bytes]) -> None:
    """Both archives unpack to just the files, and are the same for another order of files."""
    again = dict(reversed(files.items()))
    assert zipped(files) == zipped(again)
    assert tar_gzipped(files) == tar_gzipped(again)
    with zipfile.ZipFile(io.BytesIO(zipped(files))) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == files
    with tarfile.open(fileobj=io.BytesIO(tar_gzipped(files)), mode="r:gz") as archive:
        opened = {one.name: archive.extractfile(one) for one in archive if one.isfile()}
        assert {name: file.read() for name, file in opened.items() if file} == files


@pytest.mark.parametrize("name", PACKAGES)
def test_every_file_of_a_package_is_in_its_manifest(name: str) -> None:
    """The manifest and the sums name each file with its true SHA-256."""
    files = sealed(name, PACKAGES[name](shipped()), shipped())
    sums = dict(line.split("  ")[::-1] for line in files["SHA256SUMS"].decode().splitlines())
    assert sums == {
        path: hashlib.sha256(data).hexdigest()
        for path, data in files.items()
        if path != "SHA256SUMS"
    }
    listed = json.loads(files["manifest.json"])["files"]
    assert {one["path"] for one in listed} == sums.keys() - {"manifest.json"}


def test_the_layer_names_each_technique_of_the_rules_once() -> None:
    """Every technique that a shipped rule tags is in the layer, scored by its rules."""
    layer = json.loads(PACKAGES["navigator"](shipped()).files["layer.json"])
    cells = {(one["techniqueID"], one["tactic"]): one["score"] for one in layer["techniques"]}
    assert len(cells) == len(layer["techniques"])
    tagged = {
        tag[7:].upper()
        for entry in shipped().entries
        for tag in entry.rule.data.get("tags", ())
        if tag.startswith("attack.t")
    }
    revoked = {one for one in tagged if (found := attack.technique(one)) and found.replaced_by}
    parents = {one for one in tagged if any(other.startswith(f"{one}.") for other in tagged)}
    assert tagged - revoked - parents <= {id for id, _ in cells}
    assert layer["versions"] == {"attack": "19", "navigator": "5.1.0", "layer": "4.5"}


def test_the_sigma_package_reads_as_the_same_rules(tmp_path: Path) -> None:
    """What the zip holds are the shipped rules, but for those that need words of our own."""
    package = PACKAGES["sigma"](shipped())
    (archive,) = (data for path, data in package.files.items() if path.endswith(".zip"))
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        opened.extractall(tmp_path)
    rules = read_rules([str(tmp_path / "rules")])
    left = {error.path for error in package.left_out}
    kept = [entry.rule for entry in shipped().entries if entry.rule.path not in left]
    assert rules.errors == ()
    assert {one.id: one.data for one in rules} == {one.id: one.data for one in kept}
    assert all(yaml.safe_load(one.text)["logsource"] for one in rules if one.kind == "rule")


def test_value_lists_come_as_a_pipeline() -> None:
    """With the package's own pipeline pySigma fills the lists' values in."""
    files = PACKAGES["sigma"](shipped()).files
    pipeline = ProcessingPipeline.from_yaml(files["pipelines/value_lists.yml"].decode())
    (path,) = (path for path in files if path.endswith("ecr_push_by_unknown_user.yml"))
    rules = SigmaCollection.from_yaml(files[path].decode())
    (query,) = LuceneBackend(processing_pipeline=pipeline).convert(rules)
    names = files["lists/ecr_push_users.txt"].decode().split()
    assert names
    assert all(name.replace("-", "\\-") in query for name in names)


def test_several_rules_of_a_file_become_files() -> None:
    """Each document of a file is a file of its own in the Sigma package."""
    found = content()
    entry = found.entries[0]
    text = f"{entry.rule.text}---\n{entry.rule.text}"
    other = replace(entry.rule, text=text, index=1, stem="r0.2")
    doubled = replace(found, entries=(entry, replace(entry, rule=other)))
    files = PACKAGES["sigma"](doubled).files
    read = [rules_of([RuleFile(path, path, files[path])]) for path in files if "yml" in path]
    assert [[rule.data for rule in rules] for rules in read] == [[entry.rule.data]] * 2


def test_the_command_builds_checks_and_refuses(tmp_path: Path) -> None:
    """Packages are written, found fresh, found stale after a change, and unknown ones refused."""
    folder = tmp_path / "sigma_rules" / "aws" / "cloudtrail"
    folder.mkdir(parents=True)
    (folder / "stop.yml").write_text(GOOD, "utf-8")
    assert run("package", "sigma", cwd=tmp_path).exit_code == 0
    assert run("package", "sigma", "--check", cwd=tmp_path).exit_code == 0
    (tmp_path / "out/packages/sigma/manifest.json").write_text("{}", "utf-8")
    checked = run("package", "sigma", "--check", cwd=tmp_path)
    assert checked.exit_code == 1
    assert "stale: out/packages/sigma/manifest.json" in checked.stderr
    assert "choose from" in str(run("package", "nonsense", cwd=tmp_path).exception)
    wrong = run("package", "--release", "../1", cwd=tmp_path)
    assert "is no version" in str(wrong.exception)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "sigma").mkdir()
    (tmp_path / "mine" / "sigma" / "letter.txt").write_text("dear", "utf-8")
    assert "not an output folder" in str(run("package", "-o", "mine", cwd=tmp_path).exception)
    assert (tmp_path / "mine" / "sigma" / "letter.txt").read_text("utf-8") == "dear"


def test_builders_never_load_pysigma() -> None:
    """The registry and its builders come without pySigma's rule model."""
    code = (
        "import sys; sys.path.insert(0, '.'); import converter.packages; "
        "sys.exit('sigma.backends' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
