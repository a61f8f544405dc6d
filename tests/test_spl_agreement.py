"""Two readers of one search agree: the engine that runs it, and its meaning run by the matcher."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from converter.errors import Unsupported
from converter.languages.spl_engine import evaluate
from converter.languages.spl_meaning import parse
from converter.matcher import compile_predicate

Texts = st.SearchStrategy[str]
FIELDS = st.sampled_from(["a", "b", "c"])
LITERALS = st.sampled_from(['"x"', '"Y"', '"xy"', '""', '"5"'])
SOUGHT = st.sampled_from(["x", '"Y"', "x*", "*", '"*y"', "5"])
EVENTS = st.dictionaries(FIELDS, st.sampled_from(["x", "X", "Y", "y", "xy", "", "5"]), max_size=3)


def _values() -> Texts:
    simple = st.one_of(
        FIELDS,
        LITERALS,
        FIELDS.map("lower({})".format),
        FIELDS.map('coalesce({}, "x")'.format),
        st.just("null()"),
    )
    return st.recursive(
        simple,
        lambda inner: st.one_of(
            st.builds('if({}="x", {}, {})'.format, FIELDS, inner, inner),
            st.builds("coalesce({}, {})".format, inner, inner),
            st.builds('case({}="x", {}, isnull({}), {})'.format, FIELDS, inner, FIELDS, inner),
        ),
        max_leaves=3,
    )


def _conditions(values: Texts) -> Texts:
    tests = st.one_of(
        st.builds("{}{}{}".format, values, st.sampled_from(["=", "!="]), LITERALS),
        values.map("isnull({})".format),
        values.map("isnotnull({})".format),
        st.builds('match({}, "{}")'.format, values, st.sampled_from(["x", "(?i)^y$", "x|5"])),
        st.builds('like({}, "{}")'.format, values, st.sampled_from(["x%", "_", "%Y"])),
        values.map('in({}, "x", "Y")'.format),
        st.builds("{}{}{}".format, FIELDS, st.sampled_from(["=", "!="]), FIELDS),
    )
    joints = st.sampled_from(["AND", "OR", "XOR"])
    return st.recursive(
        tests,
        lambda inner: st.one_of(
            inner.map("NOT ({})".format),
            inner.map("if({}, 1, 0)=0".format),
            st.builds("({}) {} ({})".format, inner, joints, inner),
        ),
        max_leaves=5,
    )


def _searches() -> Texts:
    tests = st.one_of(
        st.builds("{}{}{}".format, FIELDS, st.sampled_from(["=", "!="]), SOUGHT),
        st.builds("{}=CASE({})".format, FIELDS, st.sampled_from(["x", "Y*"])),
        st.builds("{} IN ({}, {})".format, FIELDS, SOUGHT, SOUGHT),
    )
    joints = st.sampled_from(["AND", "OR", ""])
    return st.recursive(
        tests,
        lambda inner: st.one_of(
            inner.map("NOT ({})".format),
            st.builds("({}) {} ({})".format, inner, joints, inner),
            st.builds("{} {} {}".format, inner, joints, inner),
        ),
        max_leaves=5,
    )


STAGES = st.one_of(
    _conditions(_values()).map("where {}".format),
    _searches().map("search {}".format),
    st.builds("eval {}={}".format, FIELDS, _values()),
    st.builds("rename {} as {}".format, FIELDS, FIELDS),
    FIELDS.map("fillnull value=Y {}".format),
    FIELDS.map("fields {}, a".format),
    st.builds('regex {}{}"x"'.format, FIELDS, st.sampled_from(["=", "!="])),
)
QUERIES = st.builds(
    lambda first, stages: " | ".join([first, *stages]),
    _searches() | st.just("*"),
    st.lists(STAGES, max_size=3),
)


@given(QUERIES, st.lists(EVENTS, max_size=5))
def test_engine_and_meaning_agree(query: str, events: list[dict[str, str]]) -> None:
    """Whatever both of them hold, they hold alike."""
    try:
        matches = compile_predicate(parse(query))
        hits = evaluate(query, None, events)
    except Unsupported:
        return
    assert [n for n, event in enumerate(events) if matches(event)] == hits
