"""Who did it, in an Activity Log record: the identity, its claims, its authorization."""

from __future__ import annotations

import re
import string

from converter.ingest.document import Document, add, at, put
from converter.ingest.java_map import java_text
from converter.ingest.tables import table

SCHEMA = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
IDENTITY = ("azure", "activitylogs", "identity")
USER = (*IDENTITY, "claims_initiated_by_user")
PERSONAL = ("surname", "name", "givenname")

_LOCAL_PART = string.ascii_letters + string.digits + "._-"
_DOMAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*(?:\.[A-Za-z0-9][A-Za-z0-9-]*)*")


def put_identity(document: Document, identity: object) -> None:
    """Set azure.activitylogs.identity.* (identity_name where it is text) and user.*.

    user.* exists only with the claim …/claims/name: a mail address is split into user.name and
    user.domain. Service principals have none.
    """
    if not isinstance(identity, dict):
        put(document, ("azure", "activitylogs", "identity_name"), identity)
        return
    for key, value in identity.items():
        if key not in ("authorization", "claims"):
            put(document, (*IDENTITY, key), value)
    _put_authorization(document, identity.get("authorization"))
    claims = identity.get("claims")
    if isinstance(claims, dict):
        _put_claims(document, claims)
    else:
        put(document, (*IDENTITY, "claims"), claims)


def _put_authorization(document: Document, authorization: object) -> None:
    evidence = at(authorization, ("evidence",))
    if isinstance(authorization, dict) and isinstance(evidence, dict):
        names = table("azure_activitylogs")["evidence"]
        renamed = {names.get(key, key): value for key, value in evidence.items()}
        authorization = authorization | {"evidence": renamed}
    put(document, (*IDENTITY, "authorization"), authorization)


def _put_claims(document: Document, claims: Document) -> None:
    """Claims with dots as underscores; `name` moves to the user's full name, it is not copied."""
    kept = {key.replace(".", "_"): value for key, value in claims.items() if key != "name"}
    put(document, (*IDENTITY, "claims"), kept or None)
    put(document, (*USER, "fullname"), claims.get("name"))
    put(document, ("user", "full_name"), claims.get("name"))
    for part in PERSONAL:
        put(document, (*USER, part), claims.get(f"{SCHEMA}/{part}"))
    name = claims.get(f"{SCHEMA}/name")
    if name is not None:
        put(document, (*USER, "schema"), SCHEMA)
        _put_user(document, java_text(name))


def _put_user(document: Document, name: str) -> None:
    left, _, right = name.partition("@")
    local = left[len(left.rstrip(_LOCAL_PART)) :]
    domain = _DOMAIN.match(right)
    mail = bool(local and domain)
    put(document, ("user", "name"), local if mail else name)
    add(document, ("related", "user"), local if mail else name)
    if domain and local:
        put(document, ("user", "domain"), domain[0])
        put(document, ("user", "email"), name)
