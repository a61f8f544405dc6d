"""The parts of an Azure resource id, as Elastic's integration names them."""

from __future__ import annotations

import re
from collections import deque

from converter.ingest.document import Document, put

_GUID = r"\{?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?"
_SUBSCRIPTION = re.compile(rf"/subscriptions/({_GUID})", re.IGNORECASE)
_TENANT = re.compile(rf"/tenants/({_GUID})", re.IGNORECASE)
_GROUP = re.compile(r"/resourcegroups/(.+)", re.IGNORECASE)
_RULE_MARKS = tuple(
    re.compile(mark, re.IGNORECASE)
    for mark in ("/authorizationrules/", "/namespaces/", "/providers/")
)
_NAMED = re.compile(r"(.+)/providers/([a-z]\w+\.\w+/[a-z]\w+)/(.+)", re.IGNORECASE)
_PROVIDER = re.compile(r"/providers/(.+)", re.IGNORECASE)
_TYPE = re.compile(r"[a-z]\w+\.\w+/[a-z]\w+", re.IGNORECASE)


def put_resource_parts(document: Document, resource_id: object) -> None:
    """Set azure.subscription_id, azure.tenant_id and azure.resource.* from the resource id.

    In a group: the last provider with its type, and the name after it; or provider, namespace and
    rule of an authorization rule. Any case of the path (newer packages; 1.15.1 knew two).
    """
    if not isinstance(resource_id, str):
        return
    subscription = _SUBSCRIPTION.search(resource_id)
    tenant = _TENANT.search(resource_id)
    put(document, ("azure", "tenant_id"), tenant and tenant[1])
    if subscription is None:
        parts = _outside_groups(resource_id, whole=True)
    else:
        put(document, ("azure", "subscription_id"), subscription[1])
        rest = resource_id[subscription.end() :]
        group = _GROUP.match(rest)
        parts = _in_group(group[1]) if group else _outside_groups(rest, whole=False)
    for name, value in parts.items():
        put(document, ("azure", "resource", name), value)


def _in_group(text: str) -> dict[str, str]:
    rule = _rule_parts(text)
    if rule:
        return rule
    named = _NAMED.fullmatch(text)
    if named:
        return dict(zip(("group", "provider", "name"), named.groups(), strict=True))
    provider = _PROVIDER.search(text)
    return {"group": text} | ({"provider": provider[1]} if provider else {})


def _rule_parts(text: str) -> dict[str, str]:
    """group/providers/provider/namespaces/namespace/authorizationrules/rule, read from the end."""
    parts: list[str] = []
    for mark in _RULE_MARKS:
        found = deque(mark.finditer(text), maxlen=1)
        if not found:
            return {}
        parts.append(text[found[0].end() :])
        text = text[: found[0].start()]
    names = ("authorization_rule", "namespace", "provider", "group")
    return dict(zip(names, (*parts, text), strict=True)) if text and all(parts) else {}


def _outside_groups(text: str, *, whole: bool) -> dict[str, str]:
    """Below a subscription the provider ends with its type; elsewhere it is all that follows."""
    provider = _PROVIDER.search(text)
    if provider is None:
        return {}
    kind = None if whole else _TYPE.match(provider[1])
    return {"provider": kind[0] if kind else provider[1]}
