"""The catalogue as code sees it: facts by name, native paths, log sources."""

from __future__ import annotations

import pytest
from sigma.plugins import InstalledSigmaPlugins

from converter.convert import Converter
from converter.errors import PipelineError
from converter.pipelines import Pipelines, nearest
from converter.pipelines.catalogue import load_source
from converter.pipelines.core_types import load_core_types
from converter.pipelines.installed import _exported, installed
from converter.rules import read_rules

SOURCES = Pipelines().sources


def test_a_family_answers_for_each_of_its_keys() -> None:
    """A key below `x.*` has the family's facts under its own name, and its own native path."""
    source = SOURCES["aws_cloudtrail"]
    name = "aws.cloudtrail.flattened.request_parameters.bucketName"
    assert (source.facts("ecs", name).name, source.facts("ecs", name).type) == (name, "flattened")
    assert source.native("requestParameters.bucketName") == ("requestParameters.bucketName",)
    gcp = SOURCES["gcp_audit"]
    assert gcp.native("protoPayload.request.a.b")[0] == "protoPayload.request.a.b"


def test_an_exact_name_comes_before_its_family() -> None:
    """`requestParameters.userName` has a field of its own in ECS."""
    entry = SOURCES["aws_cloudtrail"].find("requestParameters.userName")
    assert entry is not None
    assert entry.name == "requestParameters.userName"


def test_unknown_names_have_no_facts() -> None:
    """A field outside the catalogue is a keyword field by assumption only."""
    assert SOURCES["aws_cloudtrail"].facts("ecs", "my.field").type == "unknown"
    assert SOURCES["aws_cloudtrail"].find("nosuch") is None


LOGSOURCES = [
    ({"product": "aws", "service": "cloudtrail"}, "aws_cloudtrail"),
    ({"product": "azure", "service": "activitylogs"}, "azure_activitylogs"),
    ({"product": "gcp", "service": "gcp.audit"}, "gcp_audit"),
    ({"product": "cisco", "service": "aaa"}, "cisco_ios"),
]


@pytest.mark.parametrize(("logsource", "stem"), LOGSOURCES, ids=[s for _, s in LOGSOURCES])
def test_log_sources_are_found(logsource: dict[str, str], stem: str) -> None:
    """A rule's log source leads to its catalogue; one word less or another does not."""
    pipelines = Pipelines()
    source = pipelines.source(logsource)
    assert source is not None
    assert source.stem == stem
    assert pipelines.source({"product": logsource["product"]}) is None
    assert pipelines.source(logsource | {"service": "other"}) is None


def test_the_nearest_word_is_found_without_case() -> None:
    """A slip of the finger finds its word."""
    assert nearest("EVENTNAM", ["eventSource", "eventName"]) == "eventName"
    assert nearest("x", []) == ""


BROKEN = [
    ("fields: [", "not YAML"),
    ("title: x\n", "not a field catalogue"),
    ("- 1\n", "not a field catalogue"),
    ("title: x\nlogsource: {product: p}\nfields: {f: 3}\n", "not a field catalogue"),
]


@pytest.mark.parametrize(("text", "words"), BROKEN)
def test_a_broken_catalogue_is_named(tmp_path, text: str, words: str) -> None:
    """A file that is no catalogue is an error with its path and a next step."""
    path = tmp_path / "x.yml"
    path.write_text(text, "utf-8")
    with pytest.raises(PipelineError, match=words) as caught:
        load_source(path)
    assert caught.value.path == str(path)
    assert caught.value.next_step


WINDOWS = """\
title: Whoami
id: 55555555-5555-4555-8555-555555555555
logsource: {product: windows, category: process_creation}
detection:
  s: {Image|endswith: '\\whoami.exe'}
  condition: s
"""


def test_installed_pipelines_meet_the_schema_they_are_made_for(tmp_path) -> None:
    """With Elastic's and Splunk's pipelines named together, each language gets its own names."""
    (tmp_path / "r.yml").write_text(WINDOWS, "utf-8")
    rules = read_rules([str(tmp_path)])
    chosen = Pipelines(["sysmon", "ecs_windows", "splunk_windows"])
    (one,) = Converter(rules, chosen, ("eql", "spl")).convert_all()
    assert one.error is None
    assert "process.executable" in one.queries["eql"].text
    assert 'Image="*\\\\whoami.exe"' in one.queries["spl"].text
    assert "process.executable" not in one.queries["spl"].text


CORE = [
    ("destination.ip", "ip", False),
    ("host.ip", "ip", True),
    ("destination.port", "long", False),
    ("process.command_line", "wildcard", False),
    ("process.command_line.text", "match_only_text", False),
    ("process.executable", "keyword", False),
    ("process.executable.caseless", "lowercase", False),
    ("process.parent.pe.original_file_name", "keyword", False),
    ("registry.data.strings", "wildcard", True),
    ("winlog.event_data.TargetFilename", "keyword", False),
    ("winlog.event_data.a.b", "keyword", False),
    ("user.target.name", "keyword", False),
    ("@timestamp", "date", False),
    ("my.field", "unknown", False),
    ("destination", "unknown", False),
]


@pytest.mark.parametrize(("name", "kind", "lists"), CORE, ids=[name for name, *_ in CORE])
def test_the_schema_speaks_where_no_catalogue_does(name: str, kind: str, lists: bool) -> None:
    """Without a log source, and for names its catalogue lacks, ECS says what a field is."""
    pipelines = Pipelines()
    for source in (None, SOURCES["cisco_ios"]):
        facts = pipelines.facts("ecs", source)(name)
        if source is None or source.facts("ecs", name).type == "unknown":
            assert (facts.name, facts.type, facts.lists) == (name, kind, lists)


def test_the_catalogue_speaks_before_the_schema() -> None:
    """What a log source's catalogue says of a field stands; Splunk has no field types."""
    pipelines, source = Pipelines(), SOURCES["aws_cloudtrail"]
    known = source.facts("ecs", "event.action")
    assert known.canonical
    assert pipelines.facts("ecs", source)("event.action") == known
    assert not pipelines.facts("ecs", None)("event.action").canonical
    assert pipelines.facts("ecs", None)("event.kind").canonical
    assert pipelines.facts("splunk", None)("destination.ip").type == "unknown"


BROKEN_TYPES = [
    ("fields: [", "not YAML"),
    ("title: x\n", "no list"),
    ("fields: {a: 3}\n", "no list"),
]


@pytest.mark.parametrize(("text", "words"), BROKEN_TYPES)
def test_broken_field_types_are_named(tmp_path, text: str, words: str) -> None:
    """A file of field types that is none is an error with its path and a next step."""
    (tmp_path / "types").mkdir()
    path = tmp_path / "types" / "ecs.yml"
    path.write_text(text, "utf-8")
    with pytest.raises(PipelineError, match=words) as caught:
        load_core_types([tmp_path], "ecs")
    assert caught.value.path == str(path)
    assert load_core_types([tmp_path], "splunk") == {}


NETWORKS = """\
title: Netcat
id: 55555555-5555-4555-8555-555555555556
logsource: {product: windows, category: network_connection}
detection:
  s: {Image|endswith: '\\Nc.exe', DestinationIp|startswith: '10.', DestinationPort: 4444}
  condition: s
"""


def test_types_of_the_schema_shape_the_queries(tmp_path) -> None:
    """Addresses, ports and lower-case fields are said as their types want them, and proved."""
    (tmp_path / "r.yml").write_text(NETWORKS, "utf-8")
    rules = read_rules([str(tmp_path)])
    (one,) = Converter(rules, Pipelines(["sysmon", "ecs_windows"]), ("eql", "esql")).convert_all()
    eql, esql = one.queries["eql"], one.queries["esql"]
    assert eql.text.endswith(
        'process.executable.caseless like "*\\\\nc.exe" and '
        'cidrMatch(destination.ip, "10.0.0.0/8") and destination.port == 4444'
    )
    assert 'CIDR_MATCH(destination.ip, "10.0.0.0/8") AND destination.port == 4444' in esql.text
    assert {eql.fidelity, esql.fidelity} == {"proved"}
    assert (*eql.assumptions, *esql.assumptions) == ()


@pytest.mark.parametrize("name", ["sysmon", "ecs_windows", "splunk_windows", "windows-logsources"])
def test_installed_pipelines_are_those_that_pysigma_finds(name: str) -> None:
    """The quick way to a plug-in's pipeline ends at the pipeline of pySigma's own discovery."""
    resolver = InstalledSigmaPlugins.autodiscover(
        include_backends=False, include_validators=False
    ).get_pipeline_resolver()
    wanted = resolver.resolve_pipeline(name)
    found = installed(name)
    assert found.name == wanted.name
    assert [item.identifier for item in found.items] == [one.identifier for one in wanted.items]
    assert len(_exported(name)) == 1
