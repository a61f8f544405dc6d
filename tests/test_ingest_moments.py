"""Times in the forms that the clouds write."""

from __future__ import annotations

import pytest

from converter.ingest.moments import iso_moment, unix_time, us_moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-03T10:15:00Z", "2026-03-03T10:15:00.000Z"),
        ("2026-03-03T10:15:00.1239999Z", "2026-03-03T10:15:00.123Z"),
        ("2026-03-03T10:15:00,5", "2026-03-03T10:15:00.500Z"),
        ("2026-03-03 10:15:00.123456789", "2026-03-03T10:15:00.123Z"),
        ("2026-03-03T12:15:00+02:00", "2026-03-03T10:15:00.000Z"),
        ("2026-03-03T05:15:00-0500", "2026-03-03T10:15:00.000Z"),
        ("2026-03-03T11:15:00+01", "2026-03-03T10:15:00.000Z"),
        ("2026-03-03T10:15Z", "2026-03-03T10:15:00.000Z"),
        ("2026-03-03", "2026-03-03T00:00:00.000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
        ("0001-01-01T00:00:00+02:00", None),
        ("2026-02-30T10:15:00Z", None),
        ("2026-03-03T25:15:00Z", None),
        ("2026-03-03T10:15:00+99:00", None),
        ("20131102T010628Z", None),
        ("٢٠٢٦-03-03T10:15:00Z", None),
        ("soon", None),
        (1_700_000_000, None),
        (None, None),
    ],
)
def test_iso(text: object, moment: str | None) -> None:
    """ISO 8601 times become UTC with milliseconds, everything else nothing."""
    assert iso_moment(text) == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("01/09/2026 09:41:00", "2026-01-09T09:41:00.000Z"),
        ("1/9/2026 9:41:00 AM", "2026-01-09T09:41:00.000Z"),
        ("1/9/2026 12:41:00 AM", "2026-01-09T00:41:00.000Z"),
        ("1/9/2026 10:41:00 AM +01:00", "2026-01-09T09:41:00.000Z"),
        ("13/9/2026 9:41:00", None),
        ("1/9/2026", None),
        ([], None),
    ],
)
def test_us(text: object, moment: str | None) -> None:
    """American times become UTC with milliseconds, everything else nothing."""
    assert us_moment(text) == moment


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-03-03T10:15:00.1239Z", "1772532900.123"),
        ("2026-03-03T12:15:00+02:00", "1772532900.000"),
        ("1969-12-31T23:59:59.5Z", "-0.500"),
        ("soon", None),
    ],
)
def test_unix(text: object, seconds: str | None) -> None:
    """ISO 8601 times become seconds since 1970 with milliseconds, everything else nothing."""
    assert unix_time(text) == seconds
