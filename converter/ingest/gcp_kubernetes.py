"""Kubernetes API paths in GKE audit entries (`protoPayload.resourceName`)."""

from __future__ import annotations

import re

from converter.ingest.document import Document

CLUSTER_TYPES = ("k8s_cluster", "gke_cluster")

_VERSION = re.compile(r"v\d+([a-z]+\d*)?")
_RESOURCE = re.compile(r"[a-z]+(\.[a-z0-9]+)*")


def orchestrator(resource_type: object, cluster: object, name: object) -> Document:
    """The ECS `orchestrator` object of a cluster entry, empty for other resource types.

    Of `core/v1/namespaces/shop/pods/web-0` the version is v1, the namespace shop, the resource a
    pods named web-0. Only k8s_cluster entries have such a path.
    """
    if resource_type not in CLUSTER_TYPES:
        return {}
    parsed = _parsed(name) if resource_type == "k8s_cluster" and isinstance(name, str) else {}
    return {"type": "kubernetes", "cluster": {"name": cluster}} | parsed


def _parsed(name: str) -> Document:
    parts = name.split("/")
    versions = (i for i, part in enumerate(parts) if i and _VERSION.fullmatch(part))
    place = next(versions, None)
    if place is None:
        return _resource(name)
    found: Document = {"api_version": parts[place]}
    below = parts[place + 1 :]
    if below[:1] == ["namespaces"] and len(below) > 2:
        return found | {"namespace": below[1]} | _resource(below[2], "/".join(below[3:4]))
    if below:
        return found | _resource(below[0])
    return found | (_resource(parts[1]) if parts[0] == "apis" else {})


def _resource(text: str, name: str = "") -> Document:
    found = _RESOURCE.search(text)
    return {"resource": {"type": found[0], "name": name}} if found else {}
