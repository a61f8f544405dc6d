"""CloudTrail records for measuring: the same seed gives the same bytes.

The quiet lane is an account in which little happens that a rule looks for; in the noisy lane about
one record in six matches, most of them by an assumed role. Names, addresses and bodies are made up;
keys and layout follow AWS's documentation of CloudTrail record contents.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import orjson

Event = dict[str, Any]
Maker = Callable[[random.Random], tuple[Any, Any]]

ACCOUNT = "210987654321"
REGIONS = ("eu-central-1", "us-east-1", "us-west-2", "ap-southeast-2")
AGENTS = (
    "aws-cli/2.15.30 Python/3.11.8 Linux/5.10.205 exe/x86_64.amzn.2 prompt/off",
    "Boto3/1.34.51 md/Botocore#1.34.51 ua/2.0 os/linux#6.1.75 md/arch#x86_64 lang/python#3.11.6",
    "APN/1.0 HashiCorp/1.0 Terraform/1.7.4 (+https://www.terraform.io) aws-sdk-go-v2/1.25.2",
    "aws-sdk-java/2.24.9 Linux/5.10.209-198.812.amzn2 OpenJDK_64-Bit_Server_VM/17.0.10+7-LTS",
    "aws-sdk-go/1.50.21 (go1.21.7; linux; amd64) amazon-vpc-cni-k8s",
    "[Coral/Netty4]",
)
USERS = ("deploy", "ci-runner", "backup", "metrics", "anna", "jonas", "fatima", "wei")


def instances(rng: random.Random) -> tuple[Any, Any]:
    """DescribeInstances: filters in, a request id out."""
    items = [{"name": "instance-state-name", "valueSet": {"items": [{"value": "running"}]}}]
    ids = [{"instanceId": f"i-0{rng.getrandbits(64):016x}"} for _ in range(rng.randrange(1, 9))]
    return {"instancesSet": {"items": ids}, "filterSet": {"items": items}, "maxResults": 100}, None


def put_object(rng: random.Random) -> tuple[Any, Any]:
    """PutObject with encryption headers."""
    key = (
        f"year=2024/month=03/day={rng.randrange(1, 29):02}/part-{rng.getrandbits(40):010x}.parquet"
    )
    asked = {
        "bucketName": f"data-lake-{rng.randrange(20)}-{ACCOUNT}",
        "Host": "s3.eu-central-1.amazonaws.com",
        "key": key,
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-storage-class": "INTELLIGENT_TIERING",
    }
    return asked, {"x-amz-server-side-encryption": "aws:kms", "x-amz-version-id": _id(rng, 32)}


def data_key(rng: random.Random) -> tuple[Any, Any]:
    """GenerateDataKey with its encryption context."""
    return {
        "keyId": f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/{_uuid(rng)}",
        "encryptionContext": {"aws:s3:arn": f"arn:aws:s3:::data-lake-{rng.randrange(20)}/x"},
        "keySpec": "AES_256",
    }, None


def log_streams(rng: random.Random) -> tuple[Any, Any]:
    """CreateLogStream of a function."""
    name = f"/aws/lambda/orders-{rng.randrange(40)}"
    return {"logGroupName": name, "logStreamName": f"2024/03/11/[$LATEST]{_id(rng, 32)}"}, None


def network_interface(rng: random.Random) -> tuple[Any, Any]:
    """CreateNetworkInterface: a long answer."""
    interface = {
        "networkInterfaceId": f"eni-0{rng.getrandbits(64):016x}",
        "subnetId": f"subnet-0{rng.getrandbits(64):016x}",
        "vpcId": "vpc-0a1b2c3d4e5f60718",
        "availabilityZone": "eu-central-1b",
        "description": f"aws-K8S-i-0{rng.getrandbits(64):016x}",
        "ownerId": ACCOUNT,
        "requesterManaged": False,
        "status": "pending",
        "macAddress": "06:" + ":".join(f"{rng.randrange(256):02x}" for _ in range(5)),
        "privateIpAddress": _address(rng),
        "sourceDestCheck": True,
        "groupSet": {"items": [{"groupId": "sg-0b1d2f3a4c5e6f708", "groupName": "nodes"}]},
        "privateIpAddressesSet": {
            "item": [{"privateIpAddress": _address(rng), "primary": at == 0} for at in range(5)]
        },
        "tagSet": {"items": [{"key": "cluster.k8s.amazonaws.com/name", "value": "prod"}]},
    }
    asked = {"subnetId": interface["subnetId"], "description": interface["description"]}
    return asked, {"requestId": _uuid(rng), "networkInterface": interface}


def assume_role(rng: random.Random) -> tuple[Any, Any]:
    """AssumeRole: a session out."""
    name = rng.choice(("eks-node", "deploy", "lambda-orders"))
    role, session = f"arn:aws:iam::{ACCOUNT}:role/{name}", f"session-{rng.getrandbits(48):012x}"
    key = f"ASIA{_id(rng, 16).upper()}"
    user = f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session}"
    out = {
        "credentials": {
            "accessKeyId": key,
            "expiration": "Mar 11, 2024, 5:11:09 PM",
            "sessionToken": _id(rng, 400),
        },
        "assumedRoleUser": {"assumedRoleId": f"AROA{_id(rng, 17).upper()}:{session}", "arn": user},
    }
    return {"roleArn": role, "roleSessionName": session, "durationSeconds": 3600}, out


def named(*keys: str) -> Maker:
    """A request of a few plain values, and no answer."""
    return lambda rng: ({key: f"{key}-{rng.randrange(500)}" for key in keys} or None, None)


CALLS: tuple[tuple[int, str, str, Maker], ...] = (
    (18, "ec2", "DescribeInstances", instances),
    (16, "s3", "PutObject", put_object),
    (14, "kms", "GenerateDataKey", data_key),
    (10, "logs", "CreateLogStream", log_streams),
    (5, "ec2", "CreateNetworkInterface", network_interface),
    (6, "ec2", "DescribeNetworkInterfaces", instances),
    (5, "s3", "GetBucketAcl", named("bucketName", "Host", "acl")),
    (5, "dynamodb", "DescribeTable", named("tableName")),
    (4, "ecr", "GetAuthorizationToken", named()),
    (4, "elasticloadbalancing", "DescribeTargetHealth", named("targetGroupArn")),
    (4, "monitoring", "DescribeAlarms", named("alarmNamePrefix", "maxRecords")),
    (3, "ssm", "GetParametersByPath", named("path", "recursive", "withDecryption")),
    (2, "cloudformation", "DescribeStacks", named("stackName")),
    (2, "eks", "ListNodegroups", named("clusterName")),
    (2, "rds", "DescribeDBInstances", named("dBInstanceIdentifier")),
)
RARE: tuple[tuple[int, str, str, Maker], ...] = (
    (3, "cloudtrail", "StopLogging", named("name")),
    (3, "iam", "CreateAccessKey", named("userName")),
    (2, "ec2", "CreateNetworkAclEntry", named("networkAclId", "ruleNumber", "cidrBlock")),
    (2, "guardduty", "DeleteDetector", named("detectorId")),
)
ROLE = (1, "sts", "AssumeRole", assume_role)


def events(count: int, *, noisy: bool = False, seed: int = 7) -> Iterator[Event]:
    """So many records, one after another."""
    rng = random.Random(seed)
    weights, rare = [call[0] for call in CALLS], [call[0] for call in RARE]
    for at in range(count):
        luck = rng.random()
        if luck < 0.002:
            yield _event(rng, at, rng.choices(RARE, rare)[0], by_role=False)
        elif noisy and luck < 0.16:
            yield _event(
                rng, at, ROLE if luck < 0.08 else rng.choices(CALLS, weights)[0], by_role=True
            )
        else:
            yield _event(rng, at, rng.choices(CALLS, weights)[0], by_role=False)


def lines(count: int, *, noisy: bool = False, seed: int = 7) -> Iterator[bytes]:
    """The same as lines of JSON."""
    return (orjson.dumps(event) + b"\n" for event in events(count, noisy=noisy, seed=seed))


def _event(
    rng: random.Random, at: int, call: tuple[int, str, str, Maker], *, by_role: bool
) -> Event:
    _, service, name, make = call
    asked, answer = make(rng)
    region = rng.choice(REGIONS)
    return {
        "eventVersion": "1.09",
        "userIdentity": _by_role(rng) if by_role else _by_user(rng),
        "eventTime": f"2024-03-11T{at // 3600 % 24:02}:{at // 60 % 60:02}:{at % 60:02}Z",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": _address(rng),
        "userAgent": rng.choice(AGENTS),
        "requestParameters": asked,
        "responseElements": answer,
        "requestID": _uuid(rng),
        "eventID": _uuid(rng),
        "readOnly": name.startswith(("Describe", "Get", "List")),
        "eventType": "AwsApiCall",
        "managementEvent": service != "s3",
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
        "tlsDetails": {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": f"{service}.{region}.amazonaws.com",
        },
    }


def _by_user(rng: random.Random) -> Event:
    name = rng.choice(USERS)
    return {
        "type": "IAMUser",
        "principalId": f"AIDA{_id(rng, 17).upper()}",
        "arn": f"arn:aws:iam::{ACCOUNT}:user/{name}",
        "accountId": ACCOUNT,
        "accessKeyId": f"AKIA{_id(rng, 16).upper()}",
        "userName": name,
    }


def _by_role(rng: random.Random) -> Event:
    role = rng.choice(("eks-node", "deploy", "lambda-orders"))
    principal = f"AROA{_id(rng, 17).upper()}"
    return {
        "type": "AssumedRole",
        "principalId": f"{principal}:i-0{rng.getrandbits(64):016x}",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/i-0{rng.getrandbits(64):016x}",
        "accountId": ACCOUNT,
        "accessKeyId": f"ASIA{_id(rng, 16).upper()}",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": principal,
                "arn": f"arn:aws:iam::{ACCOUNT}:role/{role}",
                "accountId": ACCOUNT,
                "userName": role,
            },
            "webIdFederationData": {},
            "attributes": {"creationDate": "2024-03-11T08:01:12Z", "mfaAuthenticated": "false"},
            "ec2RoleDelivery": "2.0",
        },
    }


def _id(rng: random.Random, size: int) -> str:
    return "".join(rng.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=size))


def _uuid(rng: random.Random) -> str:
    found = f"{rng.getrandbits(128):032x}"
    return "-".join((found[:8], found[8:12], found[12:16], found[16:20], found[20:]))


def _address(rng: random.Random) -> str:
    return f"10.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"
