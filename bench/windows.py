"""Windows events for measuring, as .evtx readers write them: the same seed gives the same bytes."""

from __future__ import annotations

import random
from collections.abc import Iterator

import orjson

PROGRAMS = (
    "C:\\Windows\\System32\\svchost.exe",
    "C:\\Windows\\System32\\conhost.exe",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Windows\\System32\\wbem\\WmiPrvSE.exe",
    "C:\\Windows\\explorer.exe",
    "C:\\Program Files\\Microsoft Office\\root\\Office16\\OUTLOOK.EXE",
    "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe",
)
SECURITY = (4624, 4634, 4672, 4688, 4689, 5156, 4663, 4658)


def lines(count: int, seed: int = 7) -> Iterator[bytes]:
    """So many events as lines of JSON: Sysmon's processes and the audit log."""
    rng = random.Random(seed)
    for at in range(count):
        sysmon = rng.random() < 0.4
        number = 1 if sysmon else rng.choice(SECURITY)
        system = {
            "Provider": {"#attributes": {"Name": "Microsoft-Windows-Sysmon" if sysmon else
                                         "Microsoft-Windows-Security-Auditing"}},
            "EventID": number,
            "Version": 5,
            "Level": 4,
            "TimeCreated": {"#attributes": {"SystemTime": f"2024-03-11T{at // 3600 % 24:02}:"
                                            f"{at // 60 % 60:02}:{at % 60:02}.000000Z"}},
            "EventRecordID": at,
            "Channel": "Microsoft-Windows-Sysmon/Operational" if sysmon else "Security",
            "Computer": f"pc-{rng.randrange(400)}.example.com",
        }  # fmt: skip
        data = _process(rng) if sysmon or number == 4688 else _logon(rng)
        yield orjson.dumps({"Event": {"System": system, "EventData": data}}) + b"\n"


def _process(rng: random.Random) -> dict[str, object]:
    image, parent = rng.choice(PROGRAMS), rng.choice(PROGRAMS)
    return {
        "UtcTime": "2024-03-11 08:00:00.000",
        "ProcessGuid": f"{{{rng.getrandbits(128):032X}}}",
        "ProcessId": rng.randrange(4, 30000),
        "Image": image,
        "CommandLine": f'"{image}" -k netsvcs -p -s Task{rng.randrange(900)}',
        "CurrentDirectory": "C:\\Windows\\system32\\",
        "User": f"EXAMPLE\\user{rng.randrange(900)}",
        "IntegrityLevel": "Medium",
        "Hashes": f"SHA256={rng.getrandbits(256):064X}",
        "ParentImage": parent,
        "ParentCommandLine": f"{parent} -Embedding",
    }


def _logon(rng: random.Random) -> dict[str, object]:
    return {
        "SubjectUserSid": f"S-1-5-21-{rng.getrandbits(32)}-{rng.getrandbits(32)}-500",
        "SubjectUserName": f"user{rng.randrange(900)}",
        "TargetUserName": f"pc-{rng.randrange(400)}$",
        "LogonType": rng.choice((2, 3, 5, 7)),
        "IpAddress": f"10.1.{rng.randrange(256)}.{rng.randrange(256)}",
        "ProcessName": rng.choice(PROGRAMS),
        "LogonProcessName": "Kerberos",
        "AuthenticationPackageName": "Kerberos",
    }
