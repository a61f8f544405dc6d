"""Exception lists that come with a rule: a place for what its users allow, besides the rule's own.

What the rule itself allows stands in its query, where it is proved. A rule that names value lists
has, besides, an empty exception list of its own, so that a user can add to it without converting.
"""

from __future__ import annotations

import re
from typing import Any

from converter.packages.content import Entry
from converter.packages.metadata import title

_LIST = re.compile(r"\|expand[^:]*:[^%]*%([^%\s]+)%")


def lists_of(entry: Entry) -> list[dict[str, Any]]:
    """The exception list of a rule with value lists, as Kibana's import takes it; else none."""
    if not _LIST.search(entry.rule.text):
        return []
    name = title(entry.rule, 80)
    return [
        {
            "list_id": f"allowed-{entry.rule.id}",
            "type": "rule_default",
            "name": f"Allowed: {name}",
            "description": f"What {name} is not to alert on, besides what it allows itself",
            "namespace_type": "single",
            "tags": [],
            "os_types": [],
        }
    ]
