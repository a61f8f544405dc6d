"""Log sources: how events are recognised, which rules they meet, and where they hold fields."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from converter.errors import PipelineError
from converter.ingest import to_ecs, to_splunk
from converter.matcher import compile_predicate
from converter.matcher.fields import reader
from converter.matcher.index import Index, need
from converter.matcher.routing import Recognition, Routing
from converter.pipelines import Pipelines
from converter.pipelines.log_sources import VIEWS, LogSources, View, written
from converter.predicate import Equals
from converter.rules import Rule, read_rules
from converter.samples import read_samples
from converter.scan import time_reader

ROOT = Path(__file__).parent.parent
CASES = ROOT / "tests" / "cases" / "logsources"
FILES = sorted((ROOT / "pipelines" / "logsources").glob("*.yml"))
PIPELINES = Pipelines()
SOURCES = LogSources([ROOT / "pipelines"])
RECOGNITION = {view: Recognition(SOURCES.recognisers(view)) for view in VIEWS}


def cases(name: str) -> Any:
    return yaml.safe_load((CASES / f"{name}.yml").read_text("utf-8"))


def title(case: Any) -> str:
    return str(case.get("name") or case.get("logsource") or json.dumps(case.get("event")))[:80]


@pytest.mark.parametrize("case", cases("recognised"), ids=title)
def test_an_event_is_recognised(case: dict[str, Any]) -> None:
    """An event is taken for exactly the log sources that its case names."""
    known = RECOGNITION[case.get("view", "native")](case["event"])
    assert [str(one) for one in known] == case.get("is", [])


POLICY = cases("policy")


@pytest.mark.parametrize("case", POLICY["rules"], ids=title)
def test_a_rule_is_tried_on_what_can_be_its_own(case: dict[str, Any]) -> None:
    """A rule of the log source meets these events and no other."""
    routing = Routing([case["logsource"]], SOURCES)
    tried = [name for name, event in POLICY["events"].items() if routing(event).rules]
    assert sorted(tried) == sorted(case["tried"])


@pytest.mark.parametrize("case", cases("shapes"), ids=title)
def test_fields_are_found_in_every_shape(case: dict[str, Any]) -> None:
    """A rule's field has these values in the event, null for none, and the event this time."""
    logsource = case.get("logsource", {"product": "windows", "category": "process_creation"})
    shape = SOURCES.shape(logsource)
    assert shape is not None
    paths = shape.reader_of(logsource)
    found = {name: reader(paths(name))(case["event"]) for name in case["finds"]}
    assert {n: v if v is None else list(v) for n, v in found.items()} == case["finds"]
    if "time" in case:
        assert time_reader(shape.time)(case["event"]) == case["time"]


@pytest.mark.parametrize("case", cases("shapes"), ids=title)
def test_the_index_sees_fields_in_every_shape(case: dict[str, Any]) -> None:
    """What a field is found to hold makes its rule a candidate in the bytes of the event."""
    shape = SOURCES.shape(case.get("logsource", {"product": "windows"}))
    assert shape is not None
    paths = shape.reader_of(case.get("logsource", {"category": "process_creation"}))
    tests = [Equals(name, value) for name, found in case["finds"].items() for value in found or ()]
    index = Index(dict(enumerate(need(test, paths) for test in tests)))
    raw = json.dumps(case["event"]).encode()
    matching = [n for n, test in enumerate(tests) if compile_predicate(test, paths)(case["event"])]
    assert matching == list(range(len(tests)))
    assert set(matching) <= {*index.always, *index.rules_of(raw)}


@pytest.mark.parametrize(
    ("said", "logsource", "tried"),
    [
        ({"product": "aws"}, {"product": "aws", "service": "cloudtrail"}, True),
        ({"product": "aws", "service": "cloudtrail"}, {"product": "aws"}, True),
        ({"product": "windows"}, {"category": "process_creation"}, True),
        ({"product": "windows"}, {}, True),
        ({"service": "security"}, {"product": "windows", "service": "sysmon"}, False),
        ({"category": "dns_query"}, {"product": "windows", "category": "file_event"}, False),
        ({"product": "aws"}, {"product": "azure"}, False),
    ],
)
def test_a_stated_log_source_takes_the_place_of_recognition(
    said: Mapping[str, str], logsource: Mapping[str, str], tried: bool
) -> None:
    """Rules of which no word differs are tried on every event, whatever it looks like."""
    routing = Routing([logsource], SOURCES, said=[said, {"product": "nothing"}])
    event = {"eventVersion": "1.08", "eventSource": "x", "eventName": "y"}
    assert (routing(event).rules, routing({}).rules) == (((0,), (0,)) if tried else ((), ()))


def test_routes_keep_the_order_of_rules() -> None:
    """The numbers of a route rise, and rules of one log source share theirs."""
    aws, azure = {"product": "aws"}, {"product": "azure"}
    routing = Routing([azure, aws, azure, aws], SOURCES)
    assert routing({"eventSource": "ec2.amazonaws.com", "eventName": "x"}).rules == (1, 3)
    assert routing({}).rules == (0, 1, 2, 3)


SHIPPED = [rule for rule in read_rules([str(ROOT / "sigma_rules")]).rules if rule.kind == "rule"]


@pytest.mark.parametrize("rule", SHIPPED, ids=lambda rule: rule.stem)
def test_shipped_rules_meet_their_samples(rule: Rule) -> None:
    """Each sample that a rule must match reaches it, raw, as Elastic's document and in Splunk."""
    source = PIPELINES.require(rule).stem
    routings = {view: Routing([rule.logsource], SOURCES, view) for view in VIEWS}
    for sample in read_samples(ROOT / "tests" / "samples" / f"{rule.stem}.yml"):
        for event in sample.events if sample.match else ():
            met = [view for view in VIEWS if routings[view](stored(view, source, event)).rules]
            assert met == list(VIEWS), sample.name


def stored(view: View, source: str, event: Mapping[str, Any]) -> Mapping[str, Any]:
    if view == "native":
        return event
    return to_ecs(source, event) if view == "ecs" else to_splunk(source, event)


@pytest.mark.parametrize("stem", sorted(p.stem for p in (ROOT / "pipelines/fields").glob("*.yml")))
def test_datasets_of_the_field_catalogue_are_recognised(stem: str) -> None:
    """An event with a catalogue's dataset or source type can be of its log source."""
    data = yaml.safe_load((ROOT / "pipelines" / "fields" / f"{stem}.yml").read_text("utf-8"))
    known = RECOGNITION["ecs"]({"event": {"dataset": data["elastic"]["dataset"]}})
    assert known
    assert SOURCES.tries(data["logsource"], known[0], "ecs")
    for one in RECOGNITION["splunk"]({"sourcetype": data["splunk"]["sourcetype"]}):
        assert SOURCES.tries(data["logsource"], one, "splunk")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_file_names_its_sources(path: Path) -> None:
    """A file of log sources says where its facts are from, and has only known keys."""
    text = path.read_text("utf-8")
    data = yaml.safe_load(text)
    assert "# Facts from:" in text.split("title:")[0]
    assert set(data) <= {"title", "product", "tables", "shapes", "sources"}
    words = {"service", "category", "within", "open", "last", "where", *VIEWS}
    assert all(set(entry) <= words for entry in data["sources"])


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "- 1",
        "product: x",
        "product: x\nsources: [1]",
        "product: x\nsources: [{native: 1}]",
        "product: x\nsources: []\nshapes: {native: {fields: 1}}",
        "product: x\ntables: [y]\nsources: []",
    ],
)
def test_a_file_that_describes_none_is_an_error(tmp_path: Path, text: str) -> None:
    """What cannot be read is told with its path, whatever is wrong."""
    folder = tmp_path / "logsources"
    folder.mkdir()
    (folder / "x.yml").write_text(text, "utf-8")
    with pytest.raises(PipelineError, match=r"x\.yml: "):
        LogSources([tmp_path])


def test_a_file_hides_one_of_the_same_name(tmp_path: Path) -> None:
    """A repository's own file takes the place of the shipped one."""
    (tmp_path / "logsources").mkdir()
    own = "product: aws\nsources: [{service: own, native: {a: b}}]\n"
    (tmp_path / "logsources" / "aws.yml").write_text(own, "utf-8")
    sources = LogSources([tmp_path, ROOT / "pipelines"])
    recognise = Recognition(sources.recognisers("native"))
    assert [str(one) for one in recognise({"a": "B"})] == ["product=aws,service=own"]
    assert recognise({"eventSource": "ec2.amazonaws.com", "eventName": "x"}) == ()


WORDS = st.sampled_from(
    "Channel EventID Event System EventData Data winlog event dataset Security 4688 @Name".split()
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
)


@given(st.dictionaries(WORDS | st.text(max_size=5), VALUES, max_size=5))
def test_any_event_has_a_route(event: dict[str, Any]) -> None:
    """Recognising never raises, gives the same twice, and a rule for anything is always tried."""
    for view in VIEWS:
        routing = Routing([{}, {}], SOURCES, view)
        assert routing(event) == routing(event)
        assert routing(event).rules == (0, 1)


@given(st.dictionaries(WORDS | st.text(max_size=5), VALUES, max_size=5), WORDS)
def test_any_event_can_be_read_in_any_shape(event: dict[str, Any], name: str) -> None:
    """Reading a field below roots never raises and gives values or nothing."""
    shape = SOURCES.shape({"product": "windows"})
    assert shape is not None
    found = reader(shape.paths(name))(event)
    assert found is None or isinstance(found, list | tuple)


def test_a_log_source_is_written_as_it_is_stated() -> None:
    """Words stand in the form that `--logsource` takes."""
    assert written({"product": "aws", "service": "cloudtrail"}) == "product=aws,service=cloudtrail"
    assert written({}) == "any"
