"""What Lucene, EQL and ES|QL share: Elasticsearch's field types decide what can be said."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import ClassVar

from converter import predicate as p
from converter.languages.arranging import Choice, Networks, TextTest
from converter.languages.elastic_addresses import network_of, network_patterns
from converter.languages.emitter import Rank, Said
from converter.languages.lucene_regexp import dot_matches_newline, from_regex, has_case
from converter.languages.object_text import ObjectText
from converter.pipelines import Facts, Schema

NUMBERS = frozenset({"long", "integer", "short", "byte", "double", "float", "unsigned_long"})
TEXTS = frozenset({"text", "match_only_text"})
KEYWORDS = frozenset({"keyword", "constant_keyword", "wildcard", "lowercase", "unknown"})
_PART = r"(?:[A-Za-z]\w*|[@_]\w+)"
_BARE = re.compile(rf"{_PART}(?:\.{_PART})*", re.ASCII)
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_UNREACHED = {
    "nested": "is nested, and a query of this kind does not look inside nested objects",
    "flattened": "is flattened, and has no columns for its keys",
    "text": "is analysed text, which this language does not read",
    "match_only_text": "is analysed text, which this language does not read",
}


class ElasticEmitter(ObjectText):
    """Chooses by the field's type; subclasses say each kind of test."""

    schema: ClassVar[Schema] = "ecs"
    unreached: ClassVar[frozenset[str]] = frozenset({"nested"})
    searched: ClassVar[frozenset[str]] = KEYWORDS  # by regular expressions

    def field_test(self, test: p.FieldTest, facts: Facts) -> Said:
        self.check_reach(facts)
        test = self.as_kept(test, facts)
        match test:
            case p.Equals():
                return self.equals(test, facts)
            case p.Glob():
                return self.text(test, facts)
            case p.Regex():
                return self.regex(test, facts)
            case p.Cidr():
                return self.any_network(Networks(test.field, (test,)))
            case p.Compare():
                return self.compare(self.numeric(test, facts), facts)
            case p.Exists():
                return self.exists(facts)
            case p.Null():
                return self.null(facts)
            case p.TimePart():
                return self.time_part(test, facts)
            case _:
                raise TypeError(f"{type(test).__name__} is no test of one field")

    def check_reach(self, facts: Facts) -> None:
        if facts.type in self.unreached:
            self.refuse(f"{facts.name} {_UNREACHED[facts.type]}", "test another field")
        if facts.type == "unknown":
            self.assume(f"{facts.name}, which no field catalogue describes, is a keyword field")

    def equals(self, test: p.Equals, facts: Facts) -> Said:
        if facts.type in NUMBERS:
            return self.numbers(facts, [self.number_of(test, facts)])
        if facts.type == "boolean":
            return self.boolean(facts, self.boolean_of(test, facts))
        if facts.type == "ip":
            return self.address(facts, self.address_of(test, facts))
        if facts.type == "date":
            self.refuse(f"{facts.name} is a date and is compared with text", "use |gte and |lt")
        return self.text(test, facts)

    def any_of(self, choice: Choice) -> Said:
        facts = self.facts_of(choice.field)
        self.check_reach(facts)
        if facts.type in NUMBERS:
            return self._any_number(choice, facts)
        if facts.type == "ip":
            return self._any_address(choice, facts)
        if facts.type in ("boolean", "date"):
            return self.join(Rank.OR, [self.field_test(test, facts) for test in choice.tests])
        return self.texts(self._texts_kept(choice, facts), facts)

    def any_network(self, part: Networks) -> Said:
        facts = self.facts_of(part.field)
        self.check_reach(facts)
        facts = self.facts_of(facts.cidr) if facts.cidr else facts
        if facts.type == "ip":
            return self.within(facts, [test.network for test in part.tests])
        globs = [glob for test in part.tests for glob in self.networks(test, facts)]
        return self.texts(tuple(globs), facts)

    def _any_number(self, choice: Choice, facts: Facts) -> Said:
        numbers = [self.number_of(t, facts) for t in choice.tests if isinstance(t, p.Equals)]
        said = [self.numbers(facts, list(dict.fromkeys(numbers)))] if numbers else []
        said += [self.text(test, facts) for test in choice.tests if isinstance(test, p.Glob)]
        return self.join(Rank.OR, said)

    def _any_address(self, choice: Choice, facts: Facts) -> Said:
        kept = [self.as_kept(test, facts) for test in choice.tests]
        networks = tuple(test for test in kept if isinstance(test, p.Cidr))
        said = [self.field_test(test, facts) for test in kept if not isinstance(test, p.Cidr)]
        if networks:
            said.append(self.any_network(Networks(choice.field, networks)))
        return self.join(Rank.OR, said)

    def _texts_kept(self, choice: Choice, facts: Facts) -> tuple[TextTest, ...]:
        kept = (self.as_kept(test, facts) for test in choice.tests)
        return tuple(test for test in kept if isinstance(test, TextTest))

    def as_kept(self, test: p.FieldTest, facts: Facts) -> p.FieldTest:
        """A test in the spelling in which the field keeps its values.

        A field in lower case is compared exactly, with the text in lower case; addresses that
        begin alike are a network.
        """
        if facts.type == "ip" and isinstance(test, p.Glob):
            network = network_of(test.pattern)
            return p.Cidr(test.field, network) if network else test
        if facts.type != "lowercase" or not isinstance(test, p.Equals | p.Glob):
            return test
        if not any(map(has_case, pieces(test))):
            return test
        if test.cased:
            self.refuse(f"{facts.name} keeps lower case only", "test it without case")
        if isinstance(test, p.Equals):
            return p.Equals(test.field, self.lowered(text_of(test.value)), cased=True)
        lower = [self.lowered(one) if isinstance(one, str) else one for one in test.pattern]
        return p.Glob(test.field, tuple(lower), cased=True)

    def is_exact(self, test: TextTest, facts: Facts) -> bool:
        """Whether an exact comparison serves; names the assumption under which it does."""
        if test.cased or not any(has_case(piece) for piece in pieces(test)):
            return True
        if facts.canonical:
            self.assume(f"{facts.name} keeps its provider's spelling")
        return facts.canonical

    def all_exact(self, tests: tuple[TextTest, ...], facts: Facts) -> bool:
        """Whether one exact comparison serves them all; assumptions only where it does."""
        cased = [test for test in tests if not test.cased and any(map(has_case, pieces(test)))]
        return not cased or all(self.is_exact(test, facts) for test in cased)

    def regexp_of(self, test: p.Regex, facts: Facts) -> str:
        if facts.type == "lowercase" and "i" not in test.flags and has_case(test.pattern):
            self.refuse(f"{facts.name} keeps lower case only", "write |re|i")
        if facts.type == "map_text":
            self.lose_map_text(facts)
        elif facts.type not in self.searched:
            self.refuse(f"{facts.name} is of type {facts.type}: no regular expressions", "use text")
        if dot_matches_newline(test.pattern, test.flags):
            self.assume(f"values of {facts.name} hold no line breaks")
        return from_regex(test.pattern, test.flags)

    def check_text(self, test: TextTest, facts: Facts) -> None:
        """Whether the field takes texts and wildcards, and holds the text that the rule means."""
        if facts.type in ("ip", "boolean", "date") or facts.type in NUMBERS:
            what = f"{facts.name} is of type {facts.type} and takes no wildcards"
            self.refuse(what, "write whole values, or use |cidr for addresses")
        if facts.type == "map_text" and not is_anything(test):
            self._check_map_text(test, facts)

    def _check_map_text(self, test: TextTest, facts: Facts) -> None:
        """A whole object is kept as `{key=value}` text in hash order, not as JSON."""
        if any(char in piece for piece in pieces(test) for char in '"{}[]:,='):
            what = f"{facts.name} holds {{key=value}} text, the rule searches it for JSON text"
            self.refuse(what, "test a field below the object")
        self.lose_map_text(facts)

    def lose_map_text(self, facts: Facts) -> None:
        self.lose("both", f"{facts.name} holds the object as {{key=value}} text, not as JSON")

    def number_of(self, test: p.Equals, facts: Facts) -> int | float:
        value = test.value
        if isinstance(value, str):
            try:
                return int(value)
            except ValueError:
                self.refuse(f"{facts.name} is a number, {value!r} is none", "write a number")
        if isinstance(value, bool):
            self.refuse(f"{facts.name} is a number, not true or false", "write a number")
        return value

    def boolean_of(self, test: p.Equals, facts: Facts) -> bool:
        text = str(test.value).lower()
        if text not in ("true", "false"):
            what = f"{facts.name} is true or false, never {test.value!r}"
            self.refuse(what, "write true or false")
        return text == "true"

    def address_of(self, test: p.Equals, facts: Facts) -> str:
        try:
            return str(ip_address(str(test.value)))
        except ValueError:
            what = f"{facts.name} holds addresses, {test.value!r} is none"
            self.refuse(what, "write an address, or use |cidr")

    def numeric(self, test: p.Compare, facts: Facts) -> p.Compare:
        if facts.type == "unknown":
            self.assumptions.pop(
                f"{facts.name}, which no field catalogue describes, is a keyword field", None
            )
            self.assume(f"{facts.name}, which no field catalogue describes, is a number")
        elif facts.type not in NUMBERS:
            what = f"{facts.name} is of type {facts.type} and compares as text, not as a number"
            self.refuse(what, "use a numeric field")
        return test

    def networks(self, test: p.Cidr, facts: Facts) -> tuple[p.Glob, ...]:
        """A network as text patterns, for address fields that are not of type ip."""
        patterns = network_patterns(test.network)
        if not patterns:
            what = f"{facts.name} is no ip field, and {test.network} is no prefix of address text"
            self.refuse(what, "use an ip field")
        self.assume(f"addresses in {facts.name} are written in their usual short form")
        return tuple(p.Glob(test.field, pattern) for pattern in patterns)

    # One method per kind of test; what a language lacks stays refused.

    def text(self, test: TextTest, facts: Facts) -> Said:
        raise NotImplementedError

    def texts(self, tests: tuple[TextTest, ...], facts: Facts) -> Said:
        raise NotImplementedError

    def numbers(self, facts: Facts, values: list[int | float]) -> Said:
        raise NotImplementedError

    def boolean(self, facts: Facts, value: bool) -> Said:
        raise NotImplementedError

    def address(self, facts: Facts, value: str) -> Said:
        raise NotImplementedError

    def regex(self, test: p.Regex, facts: Facts) -> Said:
        raise NotImplementedError

    def within(self, facts: Facts, networks: list[str]) -> Said:
        raise NotImplementedError

    def compare(self, test: p.Compare, facts: Facts) -> Said:
        raise NotImplementedError

    def exists(self, facts: Facts) -> Said:
        raise NotImplementedError

    def null(self, facts: Facts) -> Said:
        raise NotImplementedError

    def time_part(self, test: p.TimePart, facts: Facts) -> Said:
        self.refuse(f"the {test.part} of a time cannot be taken", "use ES|QL or SPL")


def quoted_name(name: str, reserved: frozenset[str]) -> str:
    """A field name of EQL or ES|QL, in back-quotes where it needs them."""
    if _BARE.fullmatch(name) and not reserved.intersection(name.lower().split(".")):
        return name
    return f"`{name.replace('`', '``')}`"


def quoted_text(text: str) -> str:
    """A text literal of EQL or ES|QL."""
    return '"' + "".join(_ESCAPES.get(char, char) for char in text) + '"'


def text_of(value: p.Value) -> str:
    """A value as the text a keyword field holds for it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def pattern_of(test: TextTest) -> p.Pattern:
    """A text test as a pattern; a whole value is a pattern of one text."""
    return test.pattern if isinstance(test, p.Glob) else (text_of(test.value),)


def pieces(test: TextTest) -> list[str]:
    """The literal texts of a test."""
    return [piece for piece in pattern_of(test) if isinstance(piece, str)]


def is_whole(test: TextTest) -> bool:
    """Whether the test is for a whole value: no wildcards."""
    return all(isinstance(piece, str) for piece in pattern_of(test))


def is_anything(test: TextTest) -> bool:
    """Whether any text at all fits: the pattern `*`."""
    return pattern_of(test) == (p.Wildcard.MANY,)
