"""When searches of the Splunk app run, and what they read."""

from __future__ import annotations

import re

import pytest
from packaged import content
from splunk_conf import read_conf

from converter.packages import PACKAGES

# interval, look-back: cron (minute, hour) with N for any number, earliest, index_earliest
TIMES = {
    ("10m", "50m"): ("N-59/10 *", "-60m@m", "-11m@m"),
    ("5m", "5m"): ("N-59/5 *", "-10m@m", "-6m@m"),
    ("1h", "10m"): ("N *", "-70m@m", "-61m@m"),
    ("45m", "15m"): ("N-59/30 *", "-60m@m", "-31m@m"),
    ("30s", "30s"): ("N-59/5 *", "-7m@m", "-6m@m"),
    ("6h", "1h"): ("N N-23/6", "-7h@m", "-361m@m"),
    ("1d", "1h"): ("N N", "-25h@m", "-1441m@m"),
    ("7d", "1d"): ("N N", "-8d@m", "-1441m@m"),
}
FIRST_SEEN = "{interval: 10m, lookback: 20m, new_terms: {fields: [userIdentity.arn], history: 7d}}"
BURST = """\
title: A burst
id: {id}
correlation:
  type: event_count
  rules: [00000000-0000-4000-8000-000000000000]
  group-by: [userIdentity.arn]
  timespan: 15m
  condition: {gte: 10}
level: high
polysigma: {interval: 10m, lookback: 20m}
"""


def searches(*texts: str, **changes: str) -> list[dict[str, str]]:
    files = PACKAGES["splunk"](content(*texts, **changes)).files
    return list(read_conf(files["polysigma/default/savedsearches.conf"]).values())


@pytest.mark.parametrize(("interval", "lookback"), TIMES)
def test_a_rule_about_single_events_reads_each_once(interval: str, lookback: str) -> None:
    """It runs as often as cron can say, over what was stored since, as far back as it looks."""
    (one,) = searches(polysigma=f"{{interval: {interval}, lookback: {lookback}}}")
    found = re.sub(r"(?<![/\d-])\d+", "N", one["cron_schedule"]).removesuffix(" * * *")
    times = (one["dispatch.earliest_time"], one["dispatch.index_earliest"])
    assert (found, *times) == TIMES[interval, lookback]
    assert one["dispatch.index_latest"] == "-1m@m"
    assert one["alert.suppress"] == "0"


def test_a_first_seen_rule_reads_its_history() -> None:
    """Its window is the history, and it does not repeat an alert while its events are recent."""
    (one,) = searches(polysigma=FIRST_SEEN)
    assert one["dispatch.earliest_time"] == "-7d@m"
    assert "dispatch.index_earliest" not in one
    assert one["alert.suppress.period"] == "30m"
    assert one["alert.suppress.fields"] == "userIdentity.arn"
    assert "| eval risk_user='userIdentity.arn' |" in one["search"]


def test_a_correlation_reads_its_timespan_besides() -> None:
    """The base rule has no schedule of its own; the correlation looks back a timespan further."""
    base, burst = searches("plain", BURST)
    assert base["enableSched"] == "0"
    assert burst["dispatch.earliest_time"] == "-45m@m"
    assert burst["alert.suppress.period"] == "45m"
    assert burst["alert.suppress.fields"] == "userIdentity.arn"


def test_a_rule_decides_what_is_not_repeated() -> None:
    """Fields and time of a suppression go to Splunk under Splunk's names."""
    quiet = "{suppression: {by: [userIdentity.arn, sourceIPAddress], within: 1h}}"
    (one,) = searches(polysigma=quiet)
    assert one["alert.suppress.period"] == "60m"
    assert one["alert.suppress.fields"] == "userIdentity.arn, sourceIPAddress"
