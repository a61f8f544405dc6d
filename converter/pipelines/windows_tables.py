"""What pySigma's Windows and Sysmon pipelines know of channels and event numbers, as entries of
`pipelines/logsources/`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from converter.pipelines.shapes import Aliases

Entry = Mapping[str, Any]


def entries() -> Iterator[Entry]:
    """Services by channel, categories by the channel and number of the event."""
    # Imported here: few runs meet log sources, and the tables come with whole pipelines.
    from sigma.pipelines.common import windows_logsource_mapping  # noqa: PLC0415
    from sigma.pipelines.sysmon.sysmon import (  # noqa: PLC0415
        sysmon_generic_logsource_eventid_mapping,
    )
    from sigma.pipelines.windows import windows  # noqa: PLC0415

    for service, channel in windows_logsource_mapping.items():
        yield {"service": service, "where": {"Channel": channel}}
    for category, number in sysmon_generic_logsource_eventid_mapping.items():
        yield {"within": "sysmon", "category": category, "where": {"EventID": number}}
    for name, one in windows.windows_generic_category_channel_mapping.items():
        where = {"EventID": one["EventID"]}
        yield {"within": one["service"], "category": name, "where": where}
    for category, audit in _audit().items():
        yield {"within": "security", "category": category, "where": audit}


def aliases() -> Aliases:
    """The audit log's own names of what rules for process creation and the registry ask for."""
    from sigma.pipelines.windows import windows  # noqa: PLC0415

    general = next(
        getattr(item.transformation, "mapping", {})
        for item in windows.windows_audit_pipeline().items
        if item.identifier == "windows_audit_fieldmappings"
    )
    registry = general | windows.windows_audit_registry_fieldmappings
    names = dict.fromkeys(_audit(), general)
    names |= dict.fromkeys(windows.windows_audit_registry_categories, registry)
    return tuple(
        ({"category": category}, {name: (str(other),) for name, other in mapping.items()})
        for category, mapping in names.items()
    )


def _audit() -> Mapping[str, Mapping[str, Any]]:
    """Conditions on the audit log by category; the library states a type that is none."""
    from sigma.pipelines.windows import windows  # noqa: PLC0415

    table: Any = windows.generic_logsource_to_windows_audit_event_mapping
    return table  # type: ignore[no-any-return]
