"""The app for Splunk: what an independent reader finds in it."""

from __future__ import annotations

import io
import json
import re
import tarfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest
from packaged import content, shipped
from splunk_conf import Conf, expanded, macro_calls, read_conf, rows
from test_cli import run

from converter.errors import PackageError
from converter.languages import spl_syntax
from converter.packages import PACKAGES, Content, Package

APP = "polysigma/"
HOSTILE = {
    "newline": '"A title\\n[stanza]\\nsearch = | delete"',
    "brackets": '"[default]"',
    "quotes": "'say \"hello\" | delete \\'",
    "dollars": "'$result.secret$ and $x$'",
    "html": "<script>alert(1)</script>&amp;",
    "long": "word " * 50,
    "no letters": "'==='",
    "backslash": "'ends in \\'",
    "formula": "'=cmd()'",
    "backticks": "'`macro` and ```comment```'",
    "controls": '"a\\u2028b\\u0085c\\td"',
}
VALUES = (
    'a" | delete `x` sourcetype="aws:cloudtrail" $y$ \\',
    "two  blanks, \u00a0 another kind\u3000of blank, one at the end ",
    "10.1.2.3",
    "a 10.1.2.3 b",
    "`polysigma_dot(1,2)`",
)
PLAIN_TEXT = re.compile(r"[\w .,()&'-]+")


@cache
def build() -> Package:
    return PACKAGES["splunk"](shipped())


def conf(package: Package, name: str) -> Conf:
    return read_conf(package.files[f"{APP}default/{name}.conf"])


def without_index(macros: Conf) -> Conf:
    """Macros of log sources as the query has them: the source type alone."""
    strip = re.compile(r"\(index=\* (.*)\)")
    return {
        name: one | {"definition": strip.sub(r"\1", one["definition"])}
        for name, one in macros.items()
    }


def with_lists(text: str, package: Package) -> str:
    """Lookups written out as the values in them."""

    def values(found: re.Match[str]) -> str:
        listed = [
            f'"{row["value"]}"' for row in rows(package.files[f"{APP}lookups/{found[1]}.csv"])
        ]
        return (
            f"{found[2]}={listed[0]}"
            if len(listed) == 1
            else f"{found[2]} IN ({', '.join(listed)})"
        )

    lookup = r'\[\| inputlookup (\w+) \| rename value as "([^"]+)" \| fields "[^"]+"\]'
    return re.sub(lookup, values, text)


def test_each_rule_is_a_saved_search_that_is_its_query() -> None:
    """With macros and lookups written out, every search begins with its rule's own query."""
    package, macros = build(), without_index(conf(build(), "macros"))
    searches = conf(package, "savedsearches")
    texts = [with_lists(expanded(one["search"], macros), package) for one in searches.values()]
    queries = [" ".join(one.queries["spl"].text.split("\n")) for one in shipped().entries]
    assert len(texts) == len(queries) > 50
    for text, query in zip(texts, queries, strict=True):
        assert text.startswith(query)
        assert re.fullmatch(r"( \| eval [^|`]*)+ \| search \*", text[len(query) :])


def test_every_search_is_spl_and_every_macro_is_defined() -> None:
    """Searches and drill-downs parse as SPL; each macro is there with its arity, and used."""
    package = build()
    macros, searches = conf(package, "macros"), conf(package, "savedsearches")
    used = set()
    for one in searches.values():
        used |= {name + f"({len(args)})" * bool(args) for name, args in macro_calls(one["search"])}
        text = with_lists(expanded(one["search"], macros), package)
        assert spl_syntax.read(text).stages
        for drill in json.loads(one.get("action.notable.param.drilldown_searches", "[]")):
            assert spl_syntax.read(drill["search"]).stages
    assert used == macros.keys()


def test_enterprise_security_finds_what_it_needs() -> None:
    """Ids, annotations, notable and risk settings are whole, and name fields of the result."""
    searches = conf(build(), "savedsearches")
    for entry, (name, one) in zip(shipped().entries, searches.items(), strict=True):
        assert len(name) <= 81
        if one.get("enableSched") == "0":
            assert "action.notable" not in one
            continue
        metadata = json.loads(one["action.correlationsearch.metadata"])
        assert metadata["detection_id"] == entry.rule.id
        notes = json.loads(one["action.correlationsearch.annotations"])
        assert notes["kill_chain_phases"]
        assert all(re.fullmatch(r"T\d{4}(\.\d{3})?", id) for id in notes["mitre_attack"])
        objects = json.loads(one["action.risk.param._risk"])
        fields = [part.get("risk_object_field") or part["threat_object_field"] for part in objects]
        assert objects[0]["risk_score"] == entry.rule.extra.get("risk_score")
        assert all(f"{field}=" in one["search"] for field in fields)
        assert f"${fields[0]}$" in one["action.risk.param._risk_message"]
        steps = json.loads(one["action.notable.param.next_steps"])
        assert steps["version"] == 1
        assert "$" not in steps["data"]
        assert one["action.notable.param.severity"] in "informational low medium high critical"
        drilldown = one["action.notable.param.drilldown_search"]
        named = drilldown.startswith(f'| savedsearch "{name}" nosubstitution=true')
        assert named or "new_terms" in entry.rule.extra
        assert f"${fields[0]}$" in drilldown


def test_searches_do_not_start_together() -> None:
    """Of the searches that run every ten minutes no minute has more than a third."""
    crons = [one.get("cron_schedule", "") for one in conf(build(), "savedsearches").values()]
    starts = [cron.split("-")[0] for cron in crons if cron.split(" ")[0].endswith("/10")]
    assert len(starts) > 20
    assert max(starts.count(minute) for minute in starts) <= len(starts) / 3


def test_stories_and_dashboard_know_the_searches() -> None:
    """Every alert is in one story and in the dashboard's lookup, whose columns it reads."""
    package = build()
    alerts = {
        name for name, one in conf(package, "savedsearches").items() if "action.notable" in one
    }
    stories = conf(package, "analyticstories")
    told = [
        name
        for title, one in stories.items()
        if title.startswith("analytic_story://")
        for name in json.loads(one["searches"])
    ]
    assert sorted(told) == sorted(alerts)
    assert {f"savedsearch://{name}" for name in alerts} < stories.keys()
    table = rows(package.files[f"{APP}lookups/polysigma_detections.csv"])
    assert {row["search"] for row in table} == alerts
    board = ElementTree.fromstring(package.files[f"{APP}default/data/ui/views/coverage.xml"])
    queries = [query.text or "" for query in board.iter("query")]
    assert board.get("version") == "1.1"
    assert len(queries) > 5
    for query in queries:
        assert spl_syntax.read(query.replace("$level$", "*")).stages
    for lookup, one in conf(package, "transforms").items():
        assert one["filename"] == f"{lookup}.csv"
        assert f"{APP}lookups/{lookup}.csv" in package.files


def test_the_archive_is_the_folder_and_nothing_else() -> None:
    """The .spl has one top folder, no owner, no time, plain modes, and the files of the folder."""
    package = build()
    data = package.files["polysigma-1.0.0.spl"]
    assert data == PACKAGES["splunk"](shipped()).files["polysigma-1.0.0.spl"]
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        members = archive.getmembers()
        opened = {one.name: archive.extractfile(one) for one in members if one.isfile()}
        held = {name: file.read() for name, file in opened.items() if file}
    assert held == {name: text for name, text in package.files.items() if name.startswith(APP)}
    assert {one.name.split("/")[0] for one in members} == {"polysigma"}
    assert {(one.mtime, one.uid, one.gid, one.uname) for one in members} == {(0, 0, 0, "")}
    assert {oct(one.mode) for one in members} == {"0o644", "0o755"}
    assert not [one.name for one in members if "/." in one.name or "/local" in one.name]


@pytest.mark.parametrize("title", HOSTILE.values(), ids=HOSTILE)
def test_hostile_titles_stay_text(title: str) -> None:
    """Two rules with the same hostile title become two whole searches of harmless names."""
    package = PACKAGES["splunk"](content("plain", "plain", title=title))
    searches = conf(package, "savedsearches")
    assert package.left_out == ()
    assert len(searches) == 2
    macros = conf(package, "macros")
    for name, one in searches.items():
        assert PLAIN_TEXT.fullmatch(name)
        assert len(name) <= 81
        assert spl_syntax.read(expanded(one["search"], macros)).stages
        drilldown = one["action.notable.param.drilldown_search"]
        assert f'| savedsearch "{name}" nosubstitution=true' in drilldown
        assert one["action.notable.param.rule_title"].count("$") == 2
    readme = package.files[f"{APP}README.md"].decode()
    assert "<script>" not in readme
    for row in rows(package.files[f"{APP}lookups/polysigma_detections.csv"]):
        assert row["search"] in searches
        assert row["title"][0] not in "=+-@"
    stories = conf(package, "analyticstories")
    assert [json.loads(stories[name]["searches"]) for name in list(stories)[:1]] == [list(searches)]


@pytest.mark.parametrize("value", VALUES)
def test_values_stay_what_they_are_and_in_their_quotes(value: str) -> None:
    """Blanks, quotes, pipes, back-quotes and source types inside a value are left alone."""
    text = (
        "title: T\nid: {id}\nlogsource: {product: aws, service: cloudtrail}\n"
        f"detection: {{call: {{userAgent: {json.dumps(value)}}}, condition: call}}\nlevel: low\n"
    )
    found = content(text)
    (one,) = conf(PACKAGES["splunk"](found), "savedsearches").values()
    macros = without_index(conf(PACKAGES["splunk"](found), "macros"))
    whole = expanded(one["search"], macros)
    assert whole.startswith(found.entries[0].queries["spl"].text)
    called = [name for name, _ in macro_calls(one["search"]) if name != "polysigma_dot"]
    assert called == ["polysigma_aws_cloudtrail", "polysigma_r0_filter"]


def refused(found: Content) -> tuple[Package, str]:
    package = PACKAGES["splunk"](found)
    return package, package.files[f"{APP}README.md"].decode().replace("\\", "")


def test_what_is_left_out_is_named() -> None:
    """Rules without SPL or with an unreadable schedule stand in the report and in the README."""
    found = content("plain", languages=("lucene",))
    package, readme = refused(found)
    assert [error.path for error in package.left_out] == ["rules/r0.yml"]
    assert "r0: A title: no SPL" in readme
    package, readme = refused(content(polysigma="{interval: soon}"))
    assert "r0: A title: the interval soon is no time span" in readme
    assert conf(package, "savedsearches") == {}


@pytest.mark.parametrize("changes", [{"name": "../x"}, {"name": "1app"}, {"version": "one"}])
def test_what_cannot_name_an_app_is_refused(changes: dict[str, str]) -> None:
    """Names that are no folder's, and versions that are none, stop the build."""
    found = shipped()
    with pytest.raises(PackageError):
        PACKAGES["splunk"](replace(found, release=replace(found.release, **changes)))


def test_whom_an_alert_is_about_without_a_catalogue(tmp_path: Path) -> None:
    """With a pipeline of the user's own it is the machine, else the host, and the user."""
    pipeline = tmp_path / "own.yml"
    pipeline.write_text("name: own\npriority: 1\ntransformations: []\n", "utf-8")
    folder = tmp_path / "rules"
    folder.mkdir()
    text = "title: T\nid: 00000000-0000-4000-8000-000000000001\nlogsource: {product: windows}\n"
    text += "detection: {a: {Image: x}, condition: a}\nlevel: low\n"
    (folder / "a.yml").write_text(text, "utf-8")
    done = run("package", "splunk", "-r", "rules", "-p", "own.yml", "-o", "out", cwd=tmp_path)
    assert done.exit_code == 0
    made = (tmp_path / "out/splunk/polysigma/default/savedsearches.conf").read_bytes()
    (one,) = read_conf(made).values()
    assert "`polysigma_windows` (Image=" in one["search"]
    assert "| eval risk_system=coalesce('dest', 'host'), risk_user='user' |" in one["search"]
    assert one["action.notable.param.security_domain"] == "endpoint"
