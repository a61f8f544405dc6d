"""How matches are written: one class for each format, which is given one match after another."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import quote

import orjson

import converter
from converter.cli.talk import plain
from converter.scan import RuleSummary
from converter.scan.results import Row
from converter.scan.times import instant

Write = Callable[[bytes], None]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_QUOTED = "\r\n"  # a cell that holds either is then quoted
_SARIF_LEVELS = {"critical": "error", "high": "error", "medium": "warning"}
_SEVERITIES = ("informational", "low", "medium", "high", "critical")
_COLUMNS = ("time", "level", "title", "id", "path", "file", "record", "event")


class Writer(Protocol):
    """Writes matches; `finish` ends what was begun."""

    def __init__(self, write: Write, rules: Sequence[RuleSummary], *, with_event: bool) -> None:
        """Begins."""

    def rows(self, rows: Sequence[Row]) -> None:
        """Writes matches."""

    def finish(self) -> None:
        """Ends."""


class _Base:
    def __init__(self, write: Write, rules: Sequence[RuleSummary], *, with_event: bool) -> None:
        self.write, self.rules, self.with_event = write, rules, with_event
        self.begin()

    def begin(self) -> None:
        """What stands before the first match."""

    def rows(self, rows: Sequence[Row]) -> None:
        """Matches, one after another."""
        for one in rows:
            self.row(one)

    def row(self, row: Row) -> None:
        """One match."""
        raise NotImplementedError

    def finish(self) -> None:
        """What stands behind the last one."""


class Jsonl(_Base):
    """One JSON object a line."""

    def rows(self, rows: Sequence[Row]) -> None:
        """One line each."""
        self.write(b"".join([row.line(with_event=self.with_event) for row in rows]))


class Csv(_Base):
    """Comma-separated values with a header; what a spreadsheet would run is quoted."""

    def begin(self) -> None:
        """The header."""
        self._line(_COLUMNS[: None if self.with_event else -1])

    def row(self, row: Row) -> None:
        """One line."""
        rule = row.rule
        values = (row.time, rule.level, rule.title, rule.id, rule.path, row.file, row.record)
        self._line([*values, *([row.event.decode()] if self.with_event else [])])

    def _line(self, values: Sequence[Any]) -> None:
        out = io.StringIO()
        csv.writer(out, lineterminator=_QUOTED).writerow([_harmless(value) for value in values])
        self.write(out.getvalue().removesuffix(_QUOTED).encode("utf-8", "replace") + b"\n")


def _harmless(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value


class Table(_Base):
    """Lines to read: time, level, rule, file and record."""

    def row(self, row: Row) -> None:
        """One line."""
        place = f"{row.file}:{row.record}"
        cells = (f"{row.time or '-':<25}", f"{row.rule.level or '-':<13}", row.rule.title, place)
        self.write((plain("  ".join(cells)) + "\n").encode())


class Sarif(_Base):
    """SARIF 2.1.0, as code scanning tools read it."""

    def begin(self) -> None:
        """Up to the list of results."""
        rules = [_sarif_rule(rule) for rule in self.rules]
        self._numbers = {rule: number for number, rule in enumerate(self.rules)}
        driver = {"name": "polysigma", "version": converter.__version__, "rules": rules}
        schema = "https://json.schemastore.org/sarif-2.1.0.json"
        head = orjson.dumps({"$schema": schema, "version": "2.1.0"})[:-1]
        tool = orjson.dumps({"driver": driver})
        self.write(head + b',"runs":[{"tool":' + tool + b',"results":[')
        self._comma = b"\n"

    def row(self, row: Row) -> None:
        """One result."""
        place = {"artifactLocation": {"uri": _uri(row.file)}, "region": {"startLine": row.record}}
        said: dict[str, Any] = {"record": row.record, "time": row.time}
        if self.with_event:
            said["events" if row.correlation else "event"] = orjson.Fragment(row.event)
        result = {
            "ruleId": row.rule.id or row.rule.path,
            "ruleIndex": self._numbers.get(row.rule, -1),
            "level": _SARIF_LEVELS.get(row.rule.level or "", "note"),
            "message": {"text": row.rule.title},
            "locations": [{"physicalLocation": place}],
            "properties": said,
        }
        self.write(self._comma + orjson.dumps(result))
        self._comma = b",\n"

    def finish(self) -> None:
        """The end."""
        self.write(b"\n]}]}\n")


@lru_cache(4096)
def _uri(file: str) -> str:
    """The name of a file as a reference: a relative one never looks like a scheme."""
    written = quote(file, safe="/:@!$&'()*+,;=~")
    scheme = ":" in file.partition("/")[0] and "://" not in file
    return f"./{written}" if scheme else written


def _sarif_rule(rule: RuleSummary) -> dict[str, Any]:
    level = _SARIF_LEVELS.get(rule.level or "", "note")
    return {
        "id": rule.id or rule.path,
        "shortDescription": {"text": rule.title},
        "defaultConfiguration": {"level": level},
        "properties": {"path": rule.path},
    }


class Ocsf(_Base):
    """OCSF 1.4 Detection Finding, one object a line."""

    def row(self, row: Row) -> None:
        """One line."""
        rule, time = row.rule, instant(row.time)
        moment = round(time.timestamp() * 1000) if time else 0
        severity = _SEVERITIES.index(rule.level) + 1 if rule.level in _SEVERITIES else 0
        name = f"{rule.id or rule.path} {row.file} {row.record}".encode()
        several = row.event if row.correlation else b""
        found: dict[str, Any] = {
            "activity_id": 1,
            "category_uid": 2,
            "class_uid": 2004,
            "type_uid": 200401,
            "severity_id": severity,
            "status_id": 1,
            "time": moment,
            "message": rule.title,
            "metadata": {"version": "1.4.0", "product": _product()},
            "finding_info": {
                "uid": hashlib.sha256(name + several).hexdigest()[:32],
                "title": rule.title,
                "analytic": {"uid": rule.id or rule.path, "name": rule.title, "type_id": 1},
                "data_sources": [row.file],
            },
            "unmapped": {"record": row.record, "time": row.time, "rule_path": rule.path},
        }
        if self.with_event:
            found["evidences"] = [{"data": orjson.Fragment(row.event)}]
        self.write(orjson.dumps(found) + b"\n")


def _product() -> dict[str, str]:
    return {"name": "polysigma", "vendor_name": "polysigma", "version": converter.__version__}


FORMATS: dict[str, type[Writer]] = {
    "jsonl": Jsonl,
    "table": Table,
    "csv": Csv,
    "sarif": Sarif,
    "ocsf": Ocsf,
}
