"""A scan that passes over records finds what a scan of every record finds."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_matcher_index import PREDICATES, objects

from converter import predicate as p
from converter.logs import Block, Record, read, read_blocks, runs
from converter.logs.blocks import Frame, odd_items
from converter.matcher import compile_predicate
from converter.matcher.index import asked, need
from converter.matcher.program import paths_read
from converter.scan import (
    CompiledRule,
    Match,
    Passed,
    RuleSummary,
    Sieve,
    Summary,
    Tools,
    learning,
    scan,
)
from converter.scan.alike import Reads

LINES = st.one_of(
    objects().map(lambda raw: raw.replace("\n", " ")),
    objects().map(lambda raw: raw.replace("\n", " ")),
    st.sampled_from([
        "", "  ", "[]", "12", '{"a":"x', '"a":1}', "{}", "}{", '{"a":1} {"a":2}', '{"a" "b"',
        '{"Records":[{"a":"5"},{"b":"kelvin"}]}', '{"nextToken":"x","Events":[{"a":true}]}',
        '{"detail-type":"x","detail":{"a":"SECRET"}}', '{"detail-type":"x","detail":{"b":5}}',
        '{"detail-type":"x","detail":{"Records":[{"a":"SECRET"},{"b":5},7]}}',
        '[{"a":"/"},{"b":5}]', '{"a":"\xff"}x',
        '{"messageType":"DATA_MESSAGE","logEvents":[{"message":"{\\"a\\":\\"AssumeRole\\"}"}]}',
        '{"EventId":1,"CloudTrailEvent":"{\\"b\\":\\"C:\\\\\\\\Users\\"}"}',
    ]),
)  # fmt: skip
WRAPS = [
    "[%s]", "[\n%s\n]\n", '{"Records":[%s]}', '{ "nextLink" : "x", "value" :\n[ %s ] }',
    '{"Records":[%s]}\n{"records":[{"a":"5"},\n%s]}', '{"Events":[%s],"Events":[{}]}',
    '{"detail-type":"x","detail":{"Records":[%s]}}', '[{"Records":[%s]},{"a":{"b":"SECRET"}}]',
    '{"a":1}\n{"Records":[%s]}\n{"a":1}\n',
]  # fmt: skip
ENDS = st.sampled_from(["\n", "\n", "\r\n", " \n"])


@pytest.fixture(autouse=True, scope="module")
def _at_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learning, "_OFTEN", 0)
        yield


def rule(number: int, predicate: p.Predicate) -> CompiledRule:
    """A rule ready to run."""
    summary = RuleSummary(str(number), f"rule {number}", None, "")
    return CompiledRule(summary, compile_predicate(predicate), lambda event: None)


def tools(predicates: list[p.Predicate], **more: Any) -> Tools:
    """What a sieve for these predicates needs."""

    def reads(number: int) -> Reads | None:
        paths = paths_read(predicates[number])
        return None if paths is None else Reads(frozenset(map(str, paths)), ())

    return Tools(
        lambda: [need(one) for one in predicates],
        lambda: asked((one, None) for one in predicates),
        **{"reads": reads, **more},
    )


def results(rules: list[CompiledRule], items: Any) -> tuple[list[Any], int, dict[str, int]]:
    """What a scan gives, how many records it counts, and its rejects by kind."""
    summary = Summary()
    found = list(scan(rules, items, summary=summary))
    shown = [(one.line() if isinstance(one, Match) else one) for one in found]
    return shown, summary.records, {kind: one.count for kind, one in summary.rejects.items()}


BY = {"native": {}, "hyperscan": {"native": None}, "re2": {"native": None, "module": None}}


@pytest.mark.parametrize("by", BY)
@given(
    predicates=st.lists(PREDICATES, min_size=1, max_size=4),
    lines=st.lists(st.tuples(LINES, ENDS), max_size=12),
    sizes=st.tuples(st.integers(0, 200), st.integers(20, 400)),
)
def test_sieved_is_whole(
    by: str,
    predicates: list[p.Predicate],
    lines: list[tuple[str, str]],
    sizes: tuple[int, int],
) -> None:
    """Matches, rejects and counts are those of a scan that decodes every record."""
    raw = "".join(line + end for line, end in (*lines, *lines)).encode("utf-8", "replace")
    rules = [rule(number, one) for number, one in enumerate(predicates)]
    learned, chunk = sizes
    sieve = Sieve(tools(predicates, **BY[by]), learned)
    blocks = sieve.sift(read_blocks(["-"], io.BytesIO(raw), chunk=chunk))
    assert results(rules, blocks) == results(rules, read(["-"], io.BytesIO(raw)))


@given(
    predicates=st.lists(PREDICATES, min_size=1, max_size=4),
    records=st.lists(st.one_of(objects(), LINES.filter(str.strip)), max_size=12),
    wrap=st.sampled_from(WRAPS),
    gap=st.sampled_from([",", ", ", "\n,\n"]),
    sizes=st.tuples(st.integers(0, 200), st.integers(20, 400), st.integers(0, 3000)),
)
@settings(max_examples=300)
def test_sieved_lists_are_whole(
    predicates: list[p.Predicate],
    records: list[str],
    wrap: str,
    gap: str,
    sizes: tuple[int, int, int],
) -> None:
    """So are those of lists and wrappers of them, also where these are damaged or cut."""
    learned, chunk, cut = sizes
    raw = wrap.replace("%s", gap.join(records)).encode("utf-8", "replace")
    raw = raw[:cut] if cut < 1500 else raw
    rules = [rule(number, one) for number, one in enumerate(predicates)]
    sieve = Sieve(tools(predicates), learned)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "SMALL", 1)
        blocks = sieve.sift(read_blocks(["-"], io.BytesIO(raw), chunk=chunk))
        found = results(rules, blocks)
    assert found == results(rules, read(["-"], io.BytesIO(raw)))


def test_records_are_passed_over() -> None:
    """Once enough is learned, a record that holds nothing a rule needs is not decoded."""
    rows = [{"id": number, "name": f"n{number % 7}"} for number in range(2000)]
    rows[1500]["name"] = "wanted"
    raw = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    predicate, summary = p.Equals("name", "Wanted"), Summary()
    items = Sieve(tools([predicate]), 5000).sift(read_blocks(["-"], io.BytesIO(raw), chunk=4096))
    (match,) = scan([rule(0, predicate)], items, summary=summary)
    assert (match.record, match.event) == (1501, rows[1500])
    assert summary.records == 2000
    assert summary.passed > 1600


def test_records_of_a_list_meet_their_candidates_only() -> None:
    """Records of a JSON list are decoded, but rules that cannot match them are not tried."""
    tried: list[int] = []

    def matches(event: Any) -> bool:
        tried.append(event["n"])
        return event["n"] == 900

    rows = [{"n": at, "name": "wanted" if at > 850 else "x"} for at in range(1000)]
    raw = json.dumps(rows, indent=1).encode()
    compiled = CompiledRule(RuleSummary("1", "rule", None, ""), matches, lambda event: None)
    sieve = Sieve(tools([p.Equals("name", "wanted")]), 5000)
    (match,) = scan([compiled], sieve.sift(read_blocks(["-"], io.BytesIO(raw))))
    assert match.record == 901
    assert 149 <= len(tried) < 600


def test_matches_come_before_more_is_read() -> None:
    """What a record that was decoded elsewhere gives does not wait for the next, which may last."""
    read_by_now = 0

    def records() -> Iterator[Record]:
        nonlocal read_by_now
        for read_by_now in range(1, 4):
            yield Record({"a": "wanted"}, "f", read_by_now)

    predicate = p.Equals("a", "wanted")
    found = scan([rule(0, predicate)], Sieve(tools([predicate]), 0).sift(records()))
    assert [(one.record, read_by_now) for one in found if isinstance(one, Match)] == [
        (number, number) for number in (1, 2, 3)
    ]


def test_what_is_not_given_is_not_counted() -> None:
    """Where a signal ends a scan, as many matches are counted as were given."""

    def records() -> Iterator[Any]:
        for number in range(1, 12):
            yield Record({"a": "wanted"}, "f", number), (0,), None
        raise KeyboardInterrupt

    summary, found = Summary(), list[Any]()
    matches = scan([rule(0, p.Equals("a", "wanted"))], records(), summary=summary)
    with pytest.raises(KeyboardInterrupt):
        found.extend(matches)
    assert len(found) == sum(summary.matches.values()) == 8


def test_frame_tells_lines_of_one_record() -> None:
    """Lines begin as those that were learned; a wrapper's beginning is none to learn."""
    frame = Frame([b'{"a":1}', b'{"Records":[]}', b'{ "b" :2}', b"[1]", b'{"a":2}', b'{"c":'])
    assert frame.heads == (b'{"a":', b'{ "b" :')
    odd = re.compile(b"|".join(chain(*frame.odd())))
    for line in (b'{"a":2}', b'{ "b" :[]}'):
        assert not odd.search(b'{"a":1}\n' + line + b"\n")
    for line in (b"", b"{}", b'{"Records":[]}', b'{"a":1', b'{ "c":1}', b'{"a":1} ', b'{"a":1}\r'):
        assert odd.search(b'{"a":1}\n' + line + b"\n")


def test_a_frame_learns_line_ends() -> None:
    """Where lines end in two characters, those that end in one are the odd ones."""
    odd = re.compile(b"|".join(chain(*Frame([b'{"a":1}\r', b'{"a":2}\r']).odd())))
    assert not odd.search(b'{"a":1}\r\n{"a":3}\r\n')
    assert odd.search(b'{"a":1}\r\n{"a":3}\n')
    assert odd.search(b'{"a":1}\r\n{"a":3\r\n')


def test_a_wrapper_of_one_record_is_one_record() -> None:
    """An event bus wraps one record in each line; if that is a list of more, the line is odd."""
    one = b'{"version":"0","detail-type":"x","detail":{"a":1}}'
    more = b'{"version":"0","detail-type":"x","detail": { "count":2,"Records":[{"a":1},{"a":2}]}}'
    odd = re.compile(b"|".join(chain(*Frame([one]).odd())))
    assert not odd.search(one + b"\n" + one + b"\n")
    assert odd.search(one + b"\n" + more + b"\n")


class Numbering:
    """Reads one record from each item."""

    number = 0

    def read_line(self, raw: bytes) -> Iterator[Record]:
        self.number += 1
        yield Record(json.loads(raw.lstrip(b", \n")), "f", self.number)

    def skip(self, lines: int) -> None:
        self.number += lines


def test_items_of_a_list_are_passed_over() -> None:
    """A block may say where its records end; then these are looked at as lines are."""
    texts = [b'{"n":%d, "name": "%s"}' % (at, b"x" if at % 7 else b"wanted") for at in range(50)]
    data = b" ,\n ".join(texts)
    ends = [data.index(text) + len(text) for text in texts]
    sieve = Sieve(tools([p.Equals("name", "Wanted")]), 0)
    found = list(sieve.sift([Block(data, Numbering(), ends)]))
    records = [one[0] for one in found if isinstance(one, tuple)]
    assert [(one.number, one.event["n"]) for one in records] == [
        (at + 1, at) for at in range(0, 50, 7)
    ]
    assert sum(one.records for one in found if isinstance(one, Passed)) == 50 - len(records)


def test_items_that_may_be_wrappers_are_odd() -> None:
    """Of the items of a list, those are odd that no first key shows to be one record."""
    items = [b'{"a":1}', b'{"Records":[]}', b"[1]", b'{ "b" :2}', b'{"a":2}', b"{}", b'{"count":1}']
    data = b",\n".join(items)
    ends = [sum(map(len, items[: at + 1])) + 2 * at for at in range(len(items))]
    block = Block(data, Numbering(), ends)
    assert block.rows() == items
    assert block.rows(2) == items[:2]
    assert odd_items(data, ends) == [ends[1], ends[2], ends[5], ends[6]]
