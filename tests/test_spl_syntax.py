"""SPL text becomes a tree, or an error that points."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.errors import QueryError, Unsupported
from converter.languages import spl_tree as t
from converter.languages.spl_syntax import read


@pytest.mark.parametrize(
    ("query", "line", "column"),
    [
        ("", 1, 1),
        ("a=", 1, 3),
        ("a=b OR", 1, 7),
        ("(a", 1, 3),
        ('a="b', 1, 3),
        ("a ]", 1, 3),
        ("a | | b", 1, 4),
        ("a | where (b=1", 1, 15),
        ("a=b\n| where c==", 2, 12),
        ("| where a=1", 1, 2),
        ('| rex "x"', 1, 2),
    ],
)
def test_errors_point(query: str, line: int, column: int) -> None:
    """Text that is no SPL is an error with the line and column where reading stopped."""
    with pytest.raises(QueryError) as caught:
        read(query)
    assert caught.value.kind == "parse"
    assert caught.value.what.startswith(f"SPL, line {line}, column {column}: ")


PUBLISHED = [
    "`cloudtrail` eventName=PutImage date_hour>=20 OR date_hour<8 | rename requestParameters.* as *"
    ' | eval phase="release" | stats min(_time) as firstTime by user, repository'
    " | `security_content_ctime(firstTime)` | `outside_hours_filter`",
    "`cloudtrail` eventName=CreateNetworkAclEntry requestParameters.aclProtocol=-1"
    " | append [search `cloudtrail` requestParameters.aclProtocol!=-1"
    " | eval range='requestParameters.portRange.to' - 'requestParameters.portRange.from'"
    " | where range>1024] | fillnull | stats count by user|`acl_filter`",
    '`cloudtrail` eventName= ConsoleLogin additionalEventData.MFAUsed = "Yes" src_ip !="x"'
    " |  bin _time span=5m |  stats count dc(eventName) as calls values(items{}.userId) as ids"
    " by _time user | where calls >= 2 | `mfa_filter`",
    "`cloudtrail` errorCode = success | spath input=policy output=statements path=Statement{}"
    ' | mvexpand statements | search action = "*" | stats count by user',
    "| tstats `summariesonly` count from datamodel=Change where All_Changes.object=instance"
    ' by All_Changes.user | `drop_dm_object_name("All_Changes")` | where count > 3',
    '`azure` | eval a=mvindex(\'targets{}.x\',0), b = case(match(c,"^1"), "x", 1==1, "y")'
    ' | rex field=user "(?<name>[^@]+)@" | lookup t user OUTPUT x | stats values(a) as "A b"',
]


@pytest.mark.parametrize(("query", "stages"), list(zip(PUBLISHED, [6, 5, 5, 5, 3, 5], strict=True)))
def test_the_shapes_of_published_detections_are_read(query: str, stages: int) -> None:
    """Searches in the shapes that Splunk publishes become one stage for each command."""
    assert len(read(query).stages) == stages


@given(st.text(st.characters(exclude_characters="`*", exclude_categories=["Cs"])))
def test_text_stays_inside_quotes(text: str) -> None:
    """Any text, quoted for `search` and for `where`, is read back as exactly that text."""
    body = text.replace("\\", "\\\\").replace('"', '\\"')
    pipeline = read(f'f="{body}" | where f="{body}"')
    value = t.Value(text, quoted=True)
    assert pipeline.stages == (
        t.Search(t.FieldTest("f", "=", value)),
        t.Where(t.Binary("=", t.Name("f"), t.Text(text))),
    )


@given(st.text(st.sampled_from(list("ab=!<>()[]|\"'\\`*., \n\t|whereANDORNOTIN1")), max_size=30))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Any text is read or refused with an error of the project, never with a traceback."""
    with suppress(QueryError, Unsupported):
        assert isinstance(read(text), t.Pipeline)
