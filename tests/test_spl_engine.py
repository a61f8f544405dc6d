"""The SPL engine gives what Splunk's documentation says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from converter.errors import QueryError, Unsupported
from converter.languages.spl_engine import evaluate, rows

CASES = [
    pytest.param(case, query, id=f"{case['id']}: {query['q']}")
    for line in Path(__file__)
    .with_name("conformance")
    .joinpath("spl.ndjson")
    .read_text("utf-8")
    .splitlines()
    for case in [json.loads(line)]
    for query in case["queries"]
]


@pytest.mark.parametrize(("case", "query"), CASES)
def test_documented_answers(case: dict[str, Any], query: dict[str, Any]) -> None:
    """Every query of the conformance cases is answered as documented; none is refused."""
    zone = case.get("tz", "UTC")
    if "hits" in query:
        assert evaluate(query["q"], None, case["docs"], zone) == query["hits"]
    else:
        found = rows(query["q"], case["docs"], zone)
        assert sorted(map(repr, map(sorted, map(dict.items, found)))) == sorted(
            map(repr, map(sorted, map(dict.items, query["rows"])))
        )


ONE = {"f": "x", "m": ["a", "b"], "n": 5, "text": "abc", "net": "10.0.0.0/8", "zero": "5.0"}


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ('* | where NOT match(missing, "x")', "NOT of a test of a missing field"),
        ('* | where NOT missing="x"', "NOT of a test of a missing field"),
        ("m!=a", "m!= on several values"),
        ('* | where m="a"', "= on a field of several values"),
        ('* | regex m!="a"', "regex != on a field of several values"),
        ('net="10.0.0.0/8"', "the network 10.0.0.0/8 compared with its own text"),
        ('f="10.1.0.0/8"', "10.1.0.0/8 has bits set beyond its mask"),
        ("* | where text>5", "> between a text and a number"),
        ('* | where zero="5"', "as text or as numbers"),
        ("`cloudtrail` f=x", "the macro `cloudtrail`"),
        ("f=x [search f=y | fields f]", "a subsearch"),
        ("f=x earliest=-1d", "the time modifier earliest"),
        ('f="a\\*"', "a backslash before a star"),
        ('f="```"', "three back-quotes inside quotes"),
        ("a*b", "the wildcard inside 'a*b'"),
        ("f=x | head 1", "head of events that were not sorted"),
        ("f=x | dedup f", "this form of dedup"),
        ("f=x | lookup t f", "the command lookup"),
        ("f=x | stats count", "rows of an aggregation"),
        ('f=x | regex f="a\\\\b"', "two backslashes in a pattern"),
        ('* | where match(f, "(?=x)")', "the regular expression '(?=x)'"),
        ('* | where like(f, "a\\%")', "a backslash before % or _"),
        ('* | where md5(f)="x"', "the function md5()"),
        ("f==x", "`==` is not documented"),
        ("f in (x)", "`in` in small letters"),
        ("| tstats count from datamodel=X", "a generating command"),
    ],
)
def test_what_is_not_settled_is_refused(query: str, reason: str) -> None:
    """What the documentation leaves open is refused, and the error names it."""
    with pytest.raises(Unsupported, match=r"^SPL: ") as caught:
        evaluate(query, None, [ONE])
    assert reason in caught.value.what


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ('* | where NOT (isnotnull(missing) AND match(missing, "x"))', [0]),
        ('* | where isnull(missing) OR NOT missing="x"', [0]),
        ('* | where if(missing="x", 1, 0)=0', [0]),
        ("NOT m=a", []),
        ("m=B", [0]),
        ('* | where f="X"', []),
        ("* | where 'f'=\"x\" XOR n=5", []),
        ('* | where n=5 OR f="y" AND f="z"', [0]),
        ('* | eval g=upper(f), h=g."!" | where h="X!"', [0]),
        ("* | where tonumber(f)>1", []),
        ("f=x | table f | where isnull(n)", [0]),
        ("f=CASE(X)", []),
        ("TERM(x)", [0]),
        ("TERM(0.0)", []),
        ("* | mvexpand m | search m=b NOT m=a", [0]),
        ('* | eval k=mvfilter(match(m, "b")) | where k="b"', [0]),
        ("* | where isnum(n) AND NOT isnum(f) AND floor(5.5)=5", [0]),
        ('* | regex "f"="x"', [0]),
        ("* | sort f | where n=5", [0]),
        ("f=x ```NOT f=x``` | search n=5", [0]),
    ],
)
def test_answers_beside_the_cases(query: str, hits: list[int]) -> None:
    """Guards, case and precedence work together as documented."""
    assert evaluate(query, None, [ONE]) == hits


@pytest.mark.parametrize(
    "query",
    ["* | where if(f)=1", '* | where cidrmatch("x", f)', "* | eval x=isnull(f)"],
)
def test_wrong_arguments_are_type_errors(query: str) -> None:
    """A function called with the wrong arguments is an error of the type kind."""
    with pytest.raises(QueryError) as caught:
        evaluate(query, None, [ONE])
    assert caught.value.kind == "type"


def test_streamstats_without_the_current_event() -> None:
    """current=f leaves the event itself out, and a window without events sets no value."""
    events = [{"_time": 10, "s": 1}, {"_time": 20, "s": 2}, {"_time": 90, "s": 3}]
    query = "* | sort 0 _time | streamstats time_window=1m current=f max(s) as b"
    assert [row.get("b") for row in rows(query, events)] == [None, 1, None]
