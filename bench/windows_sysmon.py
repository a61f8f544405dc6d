"""What one Windows event holds besides its header: one function for each kind of event.

Names, addresses and bodies are made up (`windows.yml`); keys follow Sysmon's documentation and
Microsoft's of audit events.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

Data = dict[str, Any]
USERS = ("anna", "jonas", "fatima", "wei", "svc-backup", "svc-build", "maria", "tom")


@cache
def words() -> Any:
    """What `windows.yml` holds."""
    return yaml.safe_load(Path(__file__).with_name("windows.yml").read_text("utf-8"))


@dataclass
class Place:
    """Where and when one event happens."""

    rng: random.Random
    number: int

    def pick(self, what: str) -> Any:
        return self.rng.choice(words()[what])

    def fill(self, text: str) -> str:
        """The text with its gaps filled in, as `windows.yml` says."""
        if "{" not in text:
            return text
        user, guid = self.rng.choice(USERS), self.guid()
        text = text.replace("{user}", user).replace("{guid}", guid).replace("{hex}", self.hex(12))
        while "{}" in text:
            text = text.replace("{}", str(self.rng.randrange(1000, 99999)), 1)
        return text.replace("{{", "{").replace("}}", "}")

    def hex(self, digits: int) -> str:
        return f"{self.rng.getrandbits(4 * digits):0{digits}X}"

    def guid(self) -> str:
        found = self.hex(32)
        return (
            "{" + "-".join((found[:8], found[8:12], found[12:16], found[16:20], found[20:])) + "}"
        )

    def time(self, digits: int = 3) -> str:
        seconds = self.number // 40 % 86400
        hour, minute, second = seconds // 3600, seconds // 60 % 60, seconds % 60
        part = f"{self.number % 40 * 25_000:06}"[:digits]
        return f"2024-03-11 {hour:02}:{minute:02}:{second:02}.{part}"

    def user(self) -> str:
        return self.rng.choice(("NT AUTHORITY\\SYSTEM", f"CORP\\{self.rng.choice(USERS)}"))

    def address(self) -> str:
        return f"10.20.{self.rng.randrange(256)}.{self.rng.randrange(1, 255)}"

    def process(self, prefix: str = "") -> Data:
        """The three keys by which Sysmon names a process."""
        return {
            f"{prefix}ProcessGuid": self.guid(),
            f"{prefix}ProcessId": self.rng.randrange(4, 30000),
            f"{prefix or ''}Image": self.pick("programs")[0],
        }


Maker = Callable[[Place], Data]


def sysmon(at: Place) -> Data:
    return {"RuleName": "-", "UtcTime": at.time()}


def process(at: Place) -> Data:
    image, command, parent, company = at.pick("programs")
    name = image.rsplit("\\", 1)[1]
    hashes = f"SHA1={at.hex(40)},MD5={at.hex(32)},SHA256={at.hex(64)},IMPHASH={at.hex(32)}"
    return sysmon(at) | {
        "ProcessGuid": at.guid(),
        "ProcessId": at.rng.randrange(4, 30000),
        "Image": image,
        "FileVersion": "10.0.19041.546 (WinBuild.160101.0800)",
        "Description": name.rsplit(".", 1)[0],
        "Product": "Microsoft® Windows® Operating System",
        "Company": company,
        "OriginalFileName": name,
        "CommandLine": at.fill(command),
        "CurrentDirectory": "C:\\Windows\\system32\\",
        "User": at.user(),
        "LogonGuid": at.guid(),
        "LogonId": f"0x{at.hex(5).lower()}",
        "TerminalSessionId": at.rng.randrange(3),
        "IntegrityLevel": at.rng.choice(("System", "Medium")),
        "Hashes": hashes,
        "ParentProcessGuid": at.guid(),
        "ParentProcessId": at.rng.randrange(4, 30000),
        "ParentImage": parent,
        "ParentCommandLine": parent,
        "ParentUser": at.user(),
    }


def connection(at: Place) -> Data:
    return sysmon(at) | at.process() | {
        "User": at.user(),
        "Protocol": "tcp",
        "Initiated": "true",
        "SourceIsIpv6": "false",
        "SourceIp": at.address(),
        "SourceHostname": f"pc-{at.rng.randrange(400):03}.corp.example.com",
        "SourcePort": at.rng.randrange(49152, 65536),
        "SourcePortName": "-",
        "DestinationIsIpv6": "false",
        "DestinationIp": at.address(),
        "DestinationHostname": "-",
        "DestinationPort": at.rng.choice((443, 443, 80, 53, 445)),
        "DestinationPortName": "https",
    }  # fmt: skip


def library(at: Place) -> Data:
    loaded = at.pick("dlls")
    return sysmon(at) | at.process() | {
        "ImageLoaded": loaded,
        "FileVersion": "10.0.19041.546 (WinBuild.160101.0800)",
        "Description": "-",
        "Product": "Microsoft® Windows® Operating System",
        "Company": "Microsoft Corporation",
        "OriginalFileName": loaded.rsplit("\\", 1)[1],
        "Hashes": f"SHA1={at.hex(40)},MD5={at.hex(32)},SHA256={at.hex(64)},IMPHASH={at.hex(32)}",
        "Signed": "true",
        "Signature": "Microsoft Windows",
        "SignatureStatus": "Valid",
        "User": at.user(),
    }  # fmt: skip


def thread(at: Place) -> Data:
    return sysmon(at) | at.process("Source") | at.process("Target") | {
        "SourceImage": "C:\\Windows\\System32\\csrss.exe",
        "NewThreadId": at.rng.randrange(30000),
        "StartAddress": f"0x{at.hex(16)}",
        "StartModule": "C:\\Windows\\System32\\ntdll.dll",
        "StartFunction": "-",
    }  # fmt: skip


def access(at: Place) -> Data:
    trace = "C:\\Windows\\SYSTEM32\\ntdll.dll+9d2e4|C:\\Windows\\System32\\KERNELBASE.dll+2c05e"
    return sysmon(at) | at.process("Source") | at.process("Target") | {
        "GrantedAccess": at.rng.choice(("0x1000", "0x101000", "0x40")),
        "CallTrace": f"{trace}|C:\\Windows\\System32\\combase.dll+{at.hex(5).lower()}",
        "SourceUser": at.user(),
        "TargetUser": at.user(),
    }  # fmt: skip


def file(at: Place) -> Data:
    path = at.fill(at.pick("files"))
    more = {"TargetFilename": path, "CreationUtcTime": at.time(), "User": at.user()}
    return sysmon(at) | at.process() | more


def key(at: Place) -> Data:
    event = {"EventType": at.rng.choice(("CreateKey", "DeleteValue"))}
    return event | sysmon(at) | at.process() | {"TargetObject": at.fill(at.pick("keys"))}


def value(at: Place) -> Data:
    more = {
        "TargetObject": at.fill(at.pick("keys")),
        "Details": at.rng.choice(("Binary Data", f"DWORD (0x{at.hex(8).lower()})")),
        "User": at.user(),
    }
    return {"EventType": "SetValue"} | sysmon(at) | at.process() | more


def query(at: Place) -> Data:
    answer = {"QueryName": at.pick("names"), "QueryStatus": "0"}
    found = {"QueryResults": f"::ffff:{at.address()};", "User": at.user()}
    return sysmon(at) | at.process() | answer | found
