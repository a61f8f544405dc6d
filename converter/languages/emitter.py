"""What all languages share in saying a predicate: groups, parentheses, value lists, bookkeeping.

A language is a subclass of this and of its pySigma backend, whose tokens, templates and operators
it uses; it holds only how single tests are said and what cannot be said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import ClassVar, Literal, NamedTuple, NoReturn

from sigma.conversion.base import TextQueryBackend

from converter import predicate as p
from converter.casing import fold
from converter.errors import Unsupported
from converter.languages.arranging import Choice, Networks, Scoped, any_rule, arrange, choices
from converter.languages.correlated import Correlated
from converter.languages.first_seen import FirstSeen
from converter.pipelines import Facts, Schema
from converter.queries import Direction, Query
from converter.time_zones import offset, offset_name

_LOSSES = {
    "widens": "can match more than the rule",
    "narrows": "can match less than the rule",
    "both": "can match more and less than the rule",
}


class Rank(IntEnum):
    """How loosely a piece of query text is bound."""

    ATOM = 0
    NOT = 1
    AND = 2
    OR = 3


class Said(NamedTuple):
    """A piece of query text. `total`: it is never null, so that NOT of it is its complement."""

    text: str
    rank: Rank = Rank.ATOM
    total: bool = True


class Emitter(TextQueryBackend):
    """One conversion: made afresh for every query, with what the schema knows of its fields."""

    language: ClassVar[str]
    schema: ClassVar[Schema]
    name_of_language: ClassVar[str]

    def __init__(self, facts: Callable[[str], Facts] = Facts, indices: Sequence[str] = ()) -> None:
        super().__init__()
        self.facts = facts
        self.indices = tuple(indices)
        self.assumptions: dict[str, None] = {}
        self.losses: dict[str, None] = {}
        self.notes: dict[str, None] = {}

    def emit(self, predicate: p.Predicate) -> Query:
        """The whole query. Raises Unsupported with the reason."""
        return self.query_of(self.whole(arrange(predicate)))

    def emit_any(self, rules: Sequence[Scoped]) -> Query:
        """One query for the events of any of these rules. Raises Unsupported with the reason."""
        arranged = [Scoped(arrange(rule.predicate), rule.facts) for rule in rules]
        return self.query_of(self.whole(any_rule(arranged)))

    def emit_correlation(self, correlated: Correlated) -> Query:
        """Several events within a window. Raises Unsupported with the reason."""
        what = "a query finds single events, no correlations over time"
        self.refuse(what, "use SPL, EQL or ES|QL")

    def emit_first_seen(self, predicate: p.Predicate, first: FirstSeen) -> Query:
        """The first events of new values. Raises Unsupported with the reason."""
        what = "a query of this language cannot know what was seen before"
        self.refuse(what, "use ES|QL or SPL, or a new-terms rule")

    def query_of(self, text: str) -> Query:
        """The text with what was gathered while it was said."""
        fidelity: Literal["partial", "unproved"] = "partial" if self.losses else "unproved"
        notes = (*self.losses, *self.notes)
        return Query(self.language, text, fidelity, tuple(self.assumptions), notes)

    def whole(self, predicate: p.Predicate) -> str:
        """The predicate with whatever a query of this language begins and ends with."""
        return self.say(predicate).text

    def say(self, predicate: p.Predicate | Scoped) -> Said:
        if isinstance(predicate, Scoped):
            return self.say_scoped(predicate)
        if isinstance(predicate, p.And):
            return self.join(Rank.AND, [self.say(arg) for arg in predicate.args])
        if isinstance(predicate, p.Or):
            return self.join(Rank.OR, [self.say_choice(part) for part in choices(predicate)])
        if isinstance(predicate, p.Not):
            return self.negate(self.say(predicate.arg))
        return self.say_test(predicate)

    def say_scoped(self, rule: Scoped) -> Said:
        outer, self.facts = self.facts, rule.facts
        try:
            return self.say(rule.predicate)
        finally:
            self.facts = outer

    def say_choice(self, part: p.Predicate | Choice | Networks) -> Said:
        if isinstance(part, Networks):
            return self.any_network(part)
        return self.any_of(part) if isinstance(part, Choice) else self.say(part)

    def join(self, rank: Rank, parts: Sequence[Said]) -> Said:
        """The parts with AND or OR between them, parentheses where ranks differ."""
        if not parts:
            self.refuse("a test that is always true or never true", "simplify the rule")
        if len(parts) == 1:
            return parts[0]
        token = self.and_token if rank is Rank.AND else self.or_token
        joint = f" {token} " if token.strip() else " "
        texts = [self.inside(part, rank) for part in parts]
        return Said(joint.join(texts), rank, all(part.total for part in parts))

    def inside(self, part: Said, rank: Rank) -> str:
        """A part as it stands in a group: AND and OR never meet without parentheses."""
        if part.rank in (Rank.ATOM, Rank.NOT, rank):
            return part.text
        return self.grouped(part)

    def grouped(self, part: Said) -> str:
        return str(self.group_expression).format(expr=part.text)

    def negate(self, part: Said) -> Said:
        text = part.text if part.rank is Rank.ATOM else self.grouped(part)
        return Said(f"{self.not_token} {text}", Rank.NOT, part.total)

    def say_test(self, test: p.Test) -> Said:
        if isinstance(test, p.Keyword | p.KeywordRegex):
            return self.keyword(test)
        if isinstance(test, p.Opaque):
            self.refuse(f"nothing is known of {test.name}", "write the test out")
        facts = self.facts_of(test.field)
        if isinstance(test, p.FieldCompare):
            return self.field_compare(test, facts, self.facts_of(test.other))
        return self.field_test(test, facts)

    def facts_of(self, name: str) -> Facts:
        """What is known of the field; Unsupported where the schema has no such field."""
        facts = self.facts(name)
        if facts.none:
            self.refuse(f"the field {name} does not exist there: {facts.none}", "use another field")
        return facts

    def field_test(self, test: p.FieldTest, facts: Facts) -> Said:
        """One test of one field."""
        raise NotImplementedError

    def any_of(self, choice: Choice) -> Said:
        """A value list."""
        raise NotImplementedError

    def any_network(self, part: Networks) -> Said:
        """A list of networks."""
        facts = self.facts_of(part.field)
        return self.join(Rank.OR, [self.field_test(test, facts) for test in part.tests])

    def field_compare(self, test: p.FieldCompare, facts: Facts, other: Facts) -> Said:
        step = "use ES|QL or SPL"
        self.refuse("two fields of one event cannot be compared", step)

    def keyword(self, test: p.Keyword | p.KeywordRegex) -> Said:
        step = "name the field, or use Lucene or SPL"
        self.refuse("a search without a field is not possible", step)

    def field_name(self, name: str) -> str:
        return str(self.escape_and_quote_field(name))

    def lowered(self, text: str) -> str:
        """The text as the engine's lower() gives it; refused where that is no simple folding."""
        lower = text.lower()
        if lower != fold(text):
            what = f"{text!r} holds a letter whose lower case is not simple"
            self.refuse(what, "write it with |cased, or use EQL")
        return lower

    def offset_of(self, test: p.TimePart) -> int:
        """Seconds east of UTC in which the time is read; summer time is a named loss."""
        if not test.zone:
            return 0
        seconds, always = offset(test.zone)
        if not always:
            read = offset_name(seconds)
            self.lose("both", f"{test.zone} has summer time, and times are read in {read} all year")
        return seconds

    def assume(self, what: str) -> None:
        self.assumptions[what] = None

    def lose(self, direction: Direction, why: str) -> None:
        self.losses[f"{_LOSSES[direction]}: {why}"] = None

    def refuse(self, what: str, next_step: str) -> NoReturn:
        raise Unsupported(f"{self.name_of_language}: {what}", next_step=next_step)
