"""Java's map order and text, against what a Java runtime printed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from converter.ingest.java_map import hash_order, hash_ordered, java_text

MEASURED = yaml.safe_load(
    (Path(__file__).parent / "ingest" / "java_maps.yml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", MEASURED["orders"], ids=lambda case: str(len(case["keys"])))
def test_order(case: dict[str, list[str]]) -> None:
    """Keys come in the order in which a HashMap of Java gives them."""
    assert hash_order(case["keys"]) == case["order"]


@pytest.mark.parametrize(("number", "text"), MEASURED["doubles"])
def test_double(number: float, text: str) -> None:
    """A double is printed as Double.toString prints it."""
    assert java_text(number) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        (None, "null"),
        (True, "true"),
        (2**70, "1180591620717411303424"),
        ([], "[]"),
        ({}, "{}"),
        ({"b": [1, {"c": False}], "a": None}, "{b=[1, {c=false}], a=null}"),
    ],
)
def test_text(value: Any, text: str) -> None:
    """Values are printed without quotes, objects in the order in which they stand."""
    assert java_text(value) == text


def test_order_holds_at_every_depth() -> None:
    """Objects inside lists and objects are put in hash order too."""
    login = {"MobileVersion": 1, "LoginTo": 2}
    assert java_text(hash_ordered([{"a": login}])) == "[{a={LoginTo=2, MobileVersion=1}}]"


@given(st.lists(st.text(max_size=8), unique=True))
def test_order_only_moves_keys(keys: list[str]) -> None:
    """Ordering neither loses nor invents a key, and ordering twice changes nothing."""
    ordered = hash_order(keys)
    assert sorted(ordered) == sorted(keys)
    assert hash_order(ordered) == ordered
