"""Windows events for measuring: the same seed gives the same bytes.

Sysmon, the audit log and PowerShell as an office network writes them, in one of the layouts of
`windows_layouts`, or in all of them in turn. About one event in 300 is such as rules look for.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

import orjson
import windows_audit as audit
import windows_sysmon as sysmon
from windows_layouts import LAYOUTS, Header
from windows_sysmon import Data, Maker, Place

RARE = 0.003
SYSMON = ("Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon",
          "{5770385F-C22A-43E0-BF4C-06F5698FFBD9}")  # fmt: skip
SECURITY = ("Security", "Microsoft-Windows-Security-Auditing",
            "{54849625-5478-4994-A5BA-3E3B0328C30D}")  # fmt: skip
POWERSHELL = ("Microsoft-Windows-PowerShell/Operational", "Microsoft-Windows-PowerShell",
              "{A0C1853B-5C40-4B15-8766-3CF1C58F985A}")  # fmt: skip


class Kind(NamedTuple):
    """How many of a hundred events, the log, the number, the title, the data, their version."""

    weight: float
    log: tuple[str, str, str]
    event_id: int
    title: str
    make: Maker
    version: int


KINDS = tuple(map(Kind._make, (
    (6, SYSMON, 1, "Process Create", sysmon.process, 5),
    (6, SYSMON, 3, "Network connection detected", sysmon.connection, 5),
    (13, SYSMON, 7, "Image loaded", sysmon.library, 3),
    (0.1, SYSMON, 8, "CreateRemoteThread detected", sysmon.thread, 2),
    (13, SYSMON, 10, "Process accessed", sysmon.access, 3),
    (6, SYSMON, 11, "File created", sysmon.file, 2),
    (8, SYSMON, 12, "Registry object added or deleted", sysmon.key, 2),
    (8, SYSMON, 13, "Registry value set", sysmon.value, 2),
    (5, SYSMON, 22, "Dns query", sysmon.query, 5),
    (4, SECURITY, 4624, "An account was successfully logged on", audit.logon, 2),
    (0.2, SECURITY, 4625, "An account failed to log on", audit.failed_logon, 0),
    (0.4, SECURITY, 4634, "An account was logged off", audit.logoff, 0),
    (3, SECURITY, 4672, "Special privileges assigned to new logon", audit.privileges, 0),
    (4, SECURITY, 4688, "A new process has been created", audit.audited_process, 2),
    (6.6, SECURITY, 4689, "A process has exited", audit.ended_process, 0),
    (4, SECURITY, 4663, "An attempt was made to access an object", audit.handle, 1),
    (3, SECURITY, 4658, "The handle to an object was closed", audit.closed, 0),
    (7, SECURITY, 5156, "The Windows Filtering Platform has permitted a connection",
     audit.filtered, 1),
    (2, POWERSHELL, 4104, "Creating Scriptblock text", audit.script, 1),
)))  # fmt: skip
WEIGHTS = [kind.weight for kind in KINDS]
BY_NAME = {kind.make.__name__: kind for kind in KINDS}


def lines(count: int, layout: str = "flat", *, seed: int = 7) -> Iterator[bytes]:
    """So many events as lines of JSON, in one of LAYOUTS, or `mixed`."""
    rng = random.Random(seed)
    names = list(LAYOUTS) if layout == "mixed" else [layout]
    for number in range(count):
        at = Place(rng, number)
        kind, data = _rare(at) if rng.random() < RARE else _usual(at)
        yield orjson.dumps(LAYOUTS[names[number % len(names)]](_header(at, kind), data)) + b"\n"


def _usual(at: Place) -> tuple[Kind, Data]:
    kind = at.rng.choices(KINDS, WEIGHTS)[0]
    return kind, kind.make(at)


def _rare(at: Place) -> tuple[Kind, Data]:
    name, values = at.pick("rare")
    return BY_NAME[name], BY_NAME[name].make(at) | values


def _header(at: Place, kind: Kind) -> Header:
    channel, provider, guid = kind.log
    computer = f"pc-{at.rng.randrange(400):03}.corp.example.com"
    about = (kind.event_id, kind.title, kind.version)
    return Header(channel, provider, guid, *about, at.number, at.time(6), computer)
