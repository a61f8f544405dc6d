"""What pySigma and its backends make of rules without our mends; a process of its own runs it.

Standard input: a JSON list of jobs, `{"rules": [...] or "yaml": "...", "language": "...",
"pipeline": "..."}`. Standard output: for each job the query as text, none where the backend gives
nothing, or `{"error": "..."}`.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from sigma.backends.elasticsearch import EqlBackend, ESQLBackend, LuceneBackend
from sigma.backends.splunk import SplunkBackend
from sigma.collection import SigmaCollection
from sigma.processing.pipeline import ProcessingPipeline

BACKENDS = {"lucene": LuceneBackend, "eql": EqlBackend, "esql": ESQLBackend, "spl": SplunkBackend}


def query(job: dict[str, Any]) -> str | dict[str, str] | None:
    """One job's answer."""
    pipeline = ProcessingPipeline.from_yaml(job["pipeline"]) if job.get("pipeline") else None
    try:
        backend = BACKENDS[job["language"]](pipeline)
        if job.get("yaml"):
            rules = SigmaCollection.from_yaml(job["yaml"])
        else:
            rules = SigmaCollection.from_dicts(job["rules"])
        return "\n".join(backend.convert(rules)) or None
    except Exception as error:  # noqa: BLE001  whatever it is, it is what a user would see
        return {"error": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    json.dump([query(job) for job in json.load(sys.stdin)], sys.stdout)
