"""Checks of a rule's sample events; if they match is for `polysigma test` to say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from converter.check.finding import Content, Fault
from converter.check.schema import violations
from converter.rules import Rule
from converter.rules.yaml_reader import Document, find_line, read_documents

_NEED = "give two or more events under match:, four or more under miss:"


def samples(rule: Rule, content: Content) -> Iterator[Fault]:
    """A rule or correlation has two events that match and four near misses, each with its why."""
    if rule.kind == "filter":
        return
    path = f"{content.samples}/{rule.stem}.yml"
    try:
        text = Path(path).read_text("utf-8")
        documents = read_documents(text)
    except FileNotFoundError:
        yield Fault(f"the rule has no sample events at {path}", _NEED)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        what = f"the sample events cannot be read ({' '.join(str(error).split())})"
        yield Fault(what, "mend the file", path=path)
    else:
        yield from _faults(path, text, documents)


def _faults(path: str, text: str, documents: list[Document]) -> Iterator[Fault]:
    if len(documents) != 1:
        what = f"the file holds {len(documents)} documents instead of one"
        yield Fault(what, _NEED, path=path)
        return
    for flaw in documents[0].flaws:
        yield Fault(flaw.what, flaw.next_step, path=path, line=flaw.line)
    for fault in violations("samples", documents[0].value):
        line = find_line(text, 0, fault.keys)
        yield Fault(fault.what, fault.next_step, path=path, line=line)
