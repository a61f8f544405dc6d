"""CloudTrail rules for measuring, as many as wanted: the same seed gives the same rules."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any
from uuid import UUID

SERVICES = (
    "ec2 iam s3 sts kms rds eks ecs ecr ssm lambda logs glue sns sqs waf route53 macie".split()
)
VERBS = "Create Delete Update Put Modify Disable Enable Attach Detach Stop Start Import".split()
THINGS = "Trail User Role Policy Key Bucket Cluster Function Snapshot Image Rule Group Task".split()
TOOLS = "pacu kali parrot scoutsuite prowler cloudgoat enumerate trufflehog".split()


def write(folder: Path, count: int, seed: int = 7) -> None:
    """So many rules, each a file; a YAML reader reads JSON too."""
    rng = random.Random(seed)
    folder.mkdir(parents=True)
    for number in range(count):
        text = json.dumps(_rule(rng, number), indent=1)
        (folder / f"{number:05}.yml").write_text(text, "utf-8")


def _rule(rng: random.Random, number: int) -> dict[str, Any]:
    return {
        "title": f"Made Rule {number}",
        "id": str(UUID(int=rng.getrandbits(128), version=4)),
        "status": "test",
        "description": "Detects nothing that happens.",
        "logsource": {"product": "aws", "service": "cloudtrail"},
        "detection": rng.choice((_call, _call, _tool, _request, _outside))(rng),
        "level": "medium",
    }


def _source(rng: random.Random) -> str:
    return f"{rng.choice(SERVICES)}.amazonaws.com"


def _names(rng: random.Random) -> list[str]:
    """Calls of no service."""
    return [
        f"{rng.choice(VERBS)}{rng.choice(THINGS)}{rng.choice(THINGS)}{rng.randrange(90)}"
        for _ in range(rng.randrange(1, 4))
    ]


def _call(rng: random.Random) -> dict[str, Any]:
    call = {"eventSource": _source(rng), "eventName": _names(rng)}
    return {"selection": call, "condition": "selection"}


def _tool(rng: random.Random) -> dict[str, Any]:
    agent = f"{rng.choice(TOOLS)}/{rng.randrange(90)}.{rng.randrange(90)}"
    return {"tool": {"userAgent|contains": agent}, "condition": "tool"}


def _request(rng: random.Random) -> dict[str, Any]:
    call = {"eventSource": _source(rng), "eventName|startswith": _names(rng)[0]}
    asked = {"requestParameters.attribute|endswith": f"-open{rng.randrange(900)}"}
    return {"call": call | asked, "condition": "call"}


def _outside(rng: random.Random) -> dict[str, Any]:
    call = {"eventName": _names(rng), "errorCode": None}
    inside = {"sourceIPAddress|cidr": "10.0.0.0/8"}
    robot = {"userAgent|startswith": ["aws-internal", "AWS Internal"]}
    return {
        "call": call,
        "inside": inside,
        "robot": robot,
        "condition": "call and not (inside or robot)",
    }
