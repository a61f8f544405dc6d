"""The files under pipelines/: the catalogue is well-formed, and the pipelines say the same."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from sigma.backends.elasticsearch.elasticsearch_lucene import LuceneBackend
from sigma.backends.splunk.splunk import SplunkBackend
from sigma.collection import SigmaCollection
from sigma.processing.pipeline import ProcessingPipeline
from sigma.processing.resolver import ProcessingPipelineResolver
from sigma.rule import SigmaDetection, SigmaDetectionItem, SigmaLogSource, SigmaRule
from sigma.types import SigmaBool, SigmaExists, SigmaNull, SigmaString

from converter.pipelines.catalogue import load_source

PIPELINES = Path(__file__).resolve().parent.parent / "pipelines"
STEMS = sorted(path.stem for path in (PIPELINES / "fields").glob("*.yml"))
BOTH = [(schema, stem) for schema in ("ecs", "splunk") for stem in STEMS]

TOP = {"title", "logsource", "elastic", "splunk", "time", "schemas", "added", "fields"}
TYPES = {
    "ecs": "keyword constant_keyword wildcard text match_only_text flattened ip boolean long date"
    " nested map_text".split(),
    "splunk": ["string"],
}
FACTS = {
    "ecs": {"name", "type", "casing", "none", "cidr"},
    "splunk": {"name", "none", "absent", "first_of"},
}

# Names that rules use: those of SigmaHQ for the same service, then those of our own rules.
USED = {
    "aws_cloudtrail": """
        additionalEventData.MFAUsed errorCode errorMessage eventName eventSource eventType
        requestParameters requestParameters.attribute requestParameters.containerDefinitions.command
        requestParameters.enable requestParameters.layers requestParameters.userName
        responseElements responseElements.ConsoleLogin responseElements.accessKey.userName
        responseElements.pendingModifiedValues.masterUserPassword
        responseElements.publiclyAccessible sourceIPAddress src_ip src_country status userAgent
        userIdentity.arn userIdentity.sessionContext.sessionIssuer.type userIdentity.type awsRegion
        eventTime userIdentity.accountId""",
    "azure_activitylogs": """
        CategoryValue OperationNameValue ResourceId ResourceProviderValue operationName
        properties.message callerIpAddress correlationId identity.claims.appid identity.claims.name
        resourceId resultType time""",
    "gcp_audit": """
        data.protoPayload.authorizationInfo.granted data.protoPayload.authorizationInfo.permission
        data.protoPayload.logName data.protoPayload.methodName data.protoPayload.resource.type
        data.protoPayload.serviceName gcp.audit.method_name
        logName protoPayload.authenticationInfo.principalEmail protoPayload.methodName
        protoPayload.requestMetadata.callerIp protoPayload.requestMetadata.callerSuppliedUserAgent
        protoPayload.resourceName protoPayload.serviceName protoPayload.status.code timestamp""",
    "cisco_ios": "host message program timestamp",
}

# source, schema, a test of a rule -> its field and values after the pipeline
CIDR_IP = "requestParameters.ipPermissions.items.ipRanges.items.cidrIp"
FLAT = "aws.cloudtrail.flattened.request_parameters"
MFA = "additionalEventData.MFAUsed"
MFA_ECS = "aws.cloudtrail.console_login.additional_eventdata.mfa_used"
AWS, AZURE, GCP, CISCO = USED
Case = tuple[str, str, dict[str, Any], str, list[object]]
CASES: list[Case] = [
    (AWS, "ecs", {"eventName": "A"}, "event.action", ["A"]),
    (AWS, "ecs", {"src_ip": "10.0.0.1"}, "source.ip", ["10.0.0.1"]),
    (AWS, "ecs", {CIDR_IP: "a"}, CIDR_IP.replace("requestParameters", FLAT), ["a"]),
    (AWS, "splunk", {CIDR_IP: "a"}, CIDR_IP.replace(".items", ".items{}"), ["a"]),
    (AZURE, "ecs", {"OperationNameValue": "a"}, "azure.activitylogs.operation_name", ["a"]),
    (AZURE, "ecs", {"properties.entity": "x"}, "azure.activitylogs.properties.entity", ["x"]),
    (AZURE, "splunk", {"OperationNameValue": "a/b"}, "operationName", ["a/b"]),
    (GCP, "ecs", {"gcp.audit.method_name|endswith": ".x"}, "event.action", ["*.x"]),
    (GCP, "ecs", {"protoPayload.request.a.b": "x"}, "gcp.audit.request.a.b", ["x"]),
    (GCP, "splunk", {"logName": "x"}, "data.logName", ["x"]),
    (CISCO, "ecs", {"message|contains": "x"}, "message", ["*x*"]),
    (CISCO, "splunk", {"message|contains": "x"}, "_raw", ["*x*"]),
    # No error is a success; other tests of the error fields stay what they are.
    (AWS, "ecs", {"errorCode": None}, "event.outcome", ["success"]),
    (AWS, "ecs", {"errorMessage": None}, "event.outcome", ["success"]),
    (AWS, "ecs", {"errorCode": "Denied"}, "aws.cloudtrail.error_code", ["Denied"]),
    (AWS, "ecs", {"errorCode": [None, "A"]}, "aws.cloudtrail.error_code", [None, "A"]),
    (AWS, "ecs", {"errorCode|contains": "*"}, "aws.cloudtrail.error_code", ["*"]),
    (AWS, "ecs", {"errorCode|exists": True}, "aws.cloudtrail.error_code", [SigmaExists(True)]),
    (AWS, "ecs", {"status": "Success"}, "event.outcome", ["success"]),
    (AWS, "ecs", {"status": None}, "event.outcome", [None]),
    (AWS, "splunk", {"errorCode": None}, "errorCode", ["success"]),
    (AWS, "splunk", {"errorMessage": None}, "errorMessage", [None]),
    (AWS, "splunk", {"errorCode": "Denied"}, "errorCode", ["Denied"]),
    # Elastic stores the words No and Yes as booleans.
    (AWS, "ecs", {MFA: "NO"}, MFA_ECS, [False]),
    (AWS, "ecs", {MFA: "Yes"}, MFA_ECS, [True]),
    (AWS, "ecs", {MFA: None}, MFA_ECS, [None]),
    (AWS, "splunk", {MFA: "NO"}, MFA, ["NO"]),
]


@cache
def read(folder: str, stem: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((PIPELINES / folder / f"{stem}.yml").read_text("utf-8"))
    return loaded


def resolved(*place: str) -> ProcessingPipeline:
    return ProcessingPipelineResolver().resolve([str(PIPELINES.joinpath(*place))])


def rule(stem: str, detection: Any, fields: list[str] | None = None) -> SigmaRule:
    text = {"title": "t", "logsource": read("fields", stem)["logsource"], "fields": fields or []}
    return SigmaRule.from_dict(text | {"detection": {"x": detection, "condition": "x"}})


def items(tree: SigmaRule, detection: str = "x") -> Iterator[tuple[str | None, list[object]]]:
    for item in tree.detection.detections[detection].detection_items:
        inner = item.detection_items[0] if isinstance(item, SigmaDetection) else item
        assert isinstance(inner, SigmaDetectionItem)
        yield inner.field, [plain(value) for value in inner.value]


def plain(value: object) -> object:
    if isinstance(value, SigmaNull):
        return None
    if isinstance(value, SigmaBool):
        return value.boolean
    return str(value) if isinstance(value, SigmaString) else value


def leaf(name: str) -> str:
    return name[:-1] + "some.leaf" if name.endswith(".*") else name


@pytest.mark.parametrize("schema", ["ecs", "splunk"])
def test_every_log_source_has_its_pipelines(schema: str) -> None:
    """A catalogue never stands without its pipelines, nor a pipeline without its catalogue."""
    assert sorted(path.name for path in (PIPELINES / schema).iterdir()) == [
        f"{stem}.yml" for stem in STEMS
    ]


@pytest.mark.parametrize("stem", STEMS)
def test_catalogue_has_all_that_describes_a_source(stem: str) -> None:
    """A catalogue holds exactly the known keys and opens by naming its sources and licences."""
    data = read("fields", stem)
    header = (PIPELINES / "fields" / f"{stem}.yml").read_text("utf-8").split("title:")[0]
    assert set(data) == TOP
    assert set(data["schemas"]) == {"ecs", "splunk"} == set(data["added"])
    assert "# Facts from:" in header
    assert all(line.startswith("#") for line in header.splitlines())


@pytest.mark.parametrize("stem", STEMS)
def test_each_field_has_a_name_or_a_reason_in_each_schema(stem: str) -> None:
    """Every entry says for ECS and Splunk what it is called, or why it is nowhere."""
    for name, entry in read("fields", stem)["fields"].items():
        assert set(entry) <= {"native", "list", "ecs", "splunk"}, name
        assert all(isinstance(path, str) for path in entry.get("native", [])), name
        assert entry.get("list", True) is True, name
        for schema in ("ecs", "splunk"):
            facts = entry[schema]
            assert set(facts) <= FACTS[schema], name
            assert ("name" in facts) != ("none" in facts), name
            assert facts.get("none", "-"), name


@pytest.mark.parametrize("stem", STEMS)
def test_types_and_casings_are_known_ones(stem: str) -> None:
    """Each fact of a field uses the words that the converter understands."""
    data = read("fields", stem)
    for schema in ("ecs", "splunk"):
        fields = [entry[schema] for entry in data["fields"].values()]
        for facts in [data["schemas"][schema], *data["added"][schema].values(), *fields]:
            assert facts.get("type", TYPES[schema][0]) in TYPES[schema]
            assert facts.get("casing", "free") in ("free", "canonical")


@pytest.mark.parametrize("stem", STEMS)
def test_a_family_is_a_family_everywhere(stem: str) -> None:
    """The star of `x.*` is carried over to each schema's name and each native path, once."""
    for name, entry in read("fields", stem)["fields"].items():
        star = name.endswith(".*")
        names = [entry[schema]["name"] for schema in ("ecs", "splunk") if "name" in entry[schema]]
        for other in [*names, *entry.get("native", [])]:
            assert other.endswith(".*") == star, name
            assert other.count("*") == star, name


@pytest.mark.parametrize(("schema", "stem"), BOTH)
def test_a_name_has_one_set_of_facts(schema: str, stem: str) -> None:
    """Fields that share a name in a schema agree on its type, its casing and its lists."""
    seen: dict[str, tuple[object, ...]] = {}
    for entry in read("fields", stem)["fields"].values():
        facts = entry[schema]
        kept = (facts.get("type"), facts.get("casing"), entry.get("list"))
        assert seen.setdefault(facts.get("name", object()), kept) == kept


@pytest.mark.parametrize("stem", USED)
def test_the_converter_reads_the_catalogue(stem: str) -> None:
    """Each field that a SigmaHQ rule or a rule of ours uses is found in the loaded catalogue."""
    source = load_source(PIPELINES / "fields" / f"{stem}.yml")
    missing = [name for name in USED[stem].split() if source.find(name) is None]
    assert missing == []


@pytest.mark.parametrize(("schema", "stem"), BOTH)
def test_pipeline_gives_each_field_the_name_of_the_catalogue(schema: str, stem: str) -> None:
    """Every field, alone or in a family, gets its catalogue name; without one it keeps its own."""
    known = read("fields", stem)["fields"]
    names = [leaf(name) for name in known]
    tree = rule(stem, [{name: "v"} for name in names], names)
    resolved(schema, f"{stem}.yml").apply(tree)
    wanted = [leaf(entry[schema].get("name", name)) for name, entry in known.items()]
    assert [field for field, _ in items(tree)] == wanted
    assert tree.fields == wanted


@pytest.mark.parametrize(("schema", "stem"), BOTH)
def test_pipeline_maps_nothing_but_the_catalogue(schema: str, stem: str) -> None:
    """No pipeline renames a field or a family that its catalogue does not know."""
    known = set(read("fields", stem)["fields"])
    for item in read(schema, stem)["transformations"]:
        star = "*" if item["type"] == "field_name_prefix_mapping" else ""
        assert {name + star for name in item.get("mapping", {})} <= known


@pytest.mark.parametrize(("schema", "stem"), BOTH)
def test_every_item_has_an_id_and_its_log_source(schema: str, stem: str) -> None:
    """Each item has its own id and log source, so that all pipelines can be loaded together."""
    data, logsource = read(schema, stem), read("fields", stem)["logsource"]
    ids = [item["id"] for item in data["transformations"]]
    assert data["name"]
    assert data["priority"] == 20
    assert len(ids) == len(set(ids))
    assert all(name.startswith(f"{schema}_{stem}_") for name in ids)
    for item in data["transformations"]:
        assert item["rule_conditions"] == [{"type": "logsource", **logsource}]


@pytest.mark.parametrize("whole_folder", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_detection_after_the_pipeline(case: Case, whole_folder: bool) -> None:
    """A test of a rule gets the schema's name, from the one file as from the whole folder."""
    stem, schema, detection, field, values = case
    tree = rule(stem, detection)
    resolved(schema, "" if whole_folder else f"{stem}.yml").apply(tree)
    assert list(items(tree)) == [(field, values)]


def test_columns_keep_the_error_fields() -> None:
    """A rule that tests for success still shows the error fields in its table."""
    tree = rule(AWS, {"errorCode": None}, ["errorCode", "errorMessage"])
    resolved("ecs").apply(tree)
    assert tree.fields == ["aws.cloudtrail.error_code", "aws.cloudtrail.error_message"]


def test_a_compared_field_is_renamed_too() -> None:
    """The other side of `fieldref` gets the schema's name."""
    tree = rule(AWS, {"userIdentity.arn|fieldref": "requestParameters.userName"})
    resolved("ecs").apply(tree)
    item = tree.detection.detections["x"].detection_items[0]
    assert isinstance(item, SigmaDetectionItem)
    assert [getattr(value, "field", "") for value in item.value] == ["user.target.name"]


@pytest.mark.parametrize(("schema", "stem"), BOTH)
def test_log_source_becomes_a_condition(schema: str, stem: str) -> None:
    """The query asks for the dataset or source type, and ECS names the indices of the catalogue."""
    data, tree = read("fields", stem), rule(stem, {"a": "b"})
    pipeline = resolved(schema)
    pipeline.apply(tree)
    wanted = {
        "ecs": ("event.dataset", [data["elastic"]["dataset"]]),
        "splunk": ("sourcetype", [data["splunk"]["sourcetype"]]),
    }
    assert list(items(tree, "_log_source")) == [wanted[schema]]
    assert tree.detection.parsed_condition[0].condition == "_log_source and (x)"
    assert pipeline.state == ({"index": data["elastic"]["indices"]} if schema == "ecs" else {})
    assert wanted[schema][0] in data["added"][schema]


@pytest.mark.parametrize("schema", ["ecs", "splunk"])
def test_other_log_sources_are_left_alone(schema: str) -> None:
    """A rule of another log source passes all pipelines unchanged."""
    tree = rule(AWS, {"status": None})
    tree.logsource = SigmaLogSource(product="windows")
    resolved(schema).apply(tree)
    assert set(tree.detection.detections) == {"x"}
    assert list(items(tree)) == [("status", [None])]


def test_stock_backends_convert_with_the_folders() -> None:
    """The pipelines work with pySigma's own backends, as sigma-cli would use them."""
    backends = [LuceneBackend(resolved("ecs")), SplunkBackend(resolved("splunk"))]
    tree = rule(AWS, {"eventName": "StopLogging", "errorCode": None}).to_dict()
    lucene, splunk = (backend.convert(SigmaCollection.from_dicts([tree])) for backend in backends)
    assert lucene == [
        "event.dataset:aws.cloudtrail AND (event.action:StopLogging AND event.outcome:success)"
    ]
    assert splunk == ['sourcetype="aws:cloudtrail" eventName="StopLogging" errorCode="success"']
