"""Raw events as Elasticsearch and Splunk store them."""

from __future__ import annotations
