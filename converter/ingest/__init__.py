"""Raw events as Elasticsearch and Splunk store them.

`source` is the stem of a field catalogue, such as `aws_cloudtrail`. Both functions accept any
value as an event and never fail on it: what is no event of that source gives an empty result,
what Elastic's pipeline drops gives an empty document. The event is not changed; results hold
JSON types only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from converter.errors import PipelineError
from converter.ingest import aws_cloudtrail, azure_activitylogs, cisco_ios, gcp_audit

Store = Callable[[object], dict[str, Any]]

SOURCES: Mapping[str, tuple[Store, Store]] = {
    "aws_cloudtrail": (aws_cloudtrail.ecs, aws_cloudtrail.splunk),
    "azure_activitylogs": (azure_activitylogs.ecs, azure_activitylogs.splunk),
    "cisco_ios": (cisco_ios.ecs, cisco_ios.splunk),
    "gcp_audit": (gcp_audit.ecs, gcp_audit.splunk),
}


def to_ecs(source: str, event: object) -> dict[str, Any]:
    """The nested document that Elastic's integration would index.

    Raises PipelineError when the source has no ingest.
    """
    return _stores(source)[0](event)


def to_splunk(source: str, event: object) -> dict[str, Any]:
    """The flat fields that Splunk would extract: text, or lists of text, and `sourcetype`.

    Raises PipelineError when the source has no ingest.
    """
    return _stores(source)[1](event)


def _stores(source: str) -> tuple[Store, Store]:
    if source not in SOURCES:
        raise PipelineError(
            f"there is no ingest for the log source {source!r}",
            next_step="use one of " + ", ".join(SOURCES),
        )
    return SOURCES[source]
