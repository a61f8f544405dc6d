"""What one event of the audit log or of PowerShell holds, as `windows_sysmon` does for Sysmon."""

from __future__ import annotations

from windows_sysmon import USERS, Data, Place


def subject(at: Place, whom: str = "Subject") -> Data:
    number = at.rng.randrange(1000, 1900)
    return {
        f"{whom}UserSid": f"S-1-5-21-1004336348-1177238915-682003330-{number}",
        f"{whom}UserName": at.rng.choice(USERS),
        f"{whom}DomainName": "CORP",
        f"{whom}LogonId": f"0x{at.hex(6).lower()}",
    }


def logon(at: Place) -> Data:
    return subject(at) | subject(at, "Target") | {
        "LogonType": at.rng.choice(("3", "5", "7")),
        "LogonProcessName": "Advapi  ",
        "AuthenticationPackageName": "Negotiate",
        "WorkstationName": f"PC-{at.rng.randrange(400):03}",
        "LogonGuid": at.guid(),
        "TransmittedServices": "-",
        "LmPackageName": "-",
        "KeyLength": "0",
        "ProcessId": f"0x{at.hex(3).lower()}",
        "ProcessName": "C:\\Windows\\System32\\services.exe",
        "IpAddress": "-",
        "IpPort": "-",
        "ImpersonationLevel": "%%1833",
        "ElevatedToken": "%%1843",
    }  # fmt: skip


def failed_logon(at: Place) -> Data:
    why = {"Status": "0xc000006d", "FailureReason": "%%2313", "SubStatus": "0xc000006a"}
    return logon(at) | why


def logoff(at: Place) -> Data:
    return subject(at, "Target") | {"LogonType": "3"}


def privileges(at: Place) -> Data:
    return subject(at) | {"PrivilegeList": "SeChangeNotifyPrivilege\n\t\t\tSeImpersonatePrivilege"}


def audited_process(at: Place) -> Data:
    image, command, parent, _ = at.pick("programs")
    return subject(at) | {
        "NewProcessId": f"0x{at.hex(4).lower()}",
        "NewProcessName": image,
        "TokenElevationType": "%%1936",
        "ProcessId": f"0x{at.hex(3).lower()}",
        "CommandLine": at.fill(command),
    } | subject(at, "Target") | {
        "ParentProcessName": parent,
        "MandatoryLabel": "S-1-16-8192",
    }  # fmt: skip


def ended_process(at: Place) -> Data:
    name = {"ProcessName": at.pick("programs")[0], "Status": "0x0"}
    return subject(at) | {"ProcessId": f"0x{at.hex(4).lower()}"} | name


def handle(at: Place) -> Data:
    return subject(at) | {
        "ObjectServer": "Security",
        "ObjectType": "File",
        "ObjectName": at.fill(at.pick("files")),
        "HandleId": f"0x{at.hex(3).lower()}",
        "AccessList": "%%4416\n\t\t\t\t",
        "AccessMask": "0x1",
        "ProcessId": f"0x{at.hex(4).lower()}",
        "ProcessName": at.pick("programs")[0],
        "ResourceAttributes": "S:AI",
    }  # fmt: skip


def closed(at: Place) -> Data:
    return subject(at) | {
        "ObjectServer": "Security",
        "HandleId": f"0x{at.hex(3).lower()}",
        "ProcessId": f"0x{at.hex(4).lower()}",
        "ProcessName": at.pick("programs")[0],
    }


def filtered(at: Place) -> Data:
    path = at.pick("programs")[0][2:].lower()
    return {
        "ProcessID": at.rng.randrange(4, 30000),
        "Application": f"\\device\\harddiskvolume3{path}",
        "Direction": "%%14593",
        "SourceAddress": at.address(),
        "SourcePort": str(at.rng.randrange(49152, 65536)),
        "DestAddress": at.address(),
        "DestPort": at.rng.choice(("443", "53", "80", "389")),
        "Protocol": "6",
        "FilterRTID": str(at.rng.randrange(60000, 90000)),
        "LayerName": "%%14611",
        "LayerRTID": "48",
        "RemoteUserID": "S-1-0-0",
        "RemoteMachineID": "S-1-0-0",
    }


def script(at: Place) -> Data:
    text = at.fill(at.pick("scripts"))
    part = {"MessageNumber": 1, "MessageTotal": 1, "ScriptBlockText": text}
    return part | {"ScriptBlockId": at.guid()[1:-1].lower(), "Path": ""}
