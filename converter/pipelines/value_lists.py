"""Lists of values that rules name as `%name%` under `|expand`: `pipelines/lists/<name>.txt`.

One value a line, written as in a rule (`*` and `?` are wildcards, a backslash frees them). Blank
lines do not count, nor do lines that begin with `#`. A list in an earlier folder hides one of the
same name in a later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from sigma.rule import SigmaDetection, SigmaDetectionItem, SigmaRule
from sigma.types import (
    Placeholder,
    SigmaExpansion,
    SigmaRegularExpression,
    SigmaString,
    SigmaType,
    SpecialChars,
)

from converter.errors import PipelineError

_ANYTHING = {SpecialChars.WILDCARD_MULTI: "*", SpecialChars.WILDCARD_SINGLE: "?"}
_REGEX_SPECIAL = re.compile(r"([.*+?^$()\[\]{}|\\])")


class ValueLists:
    """The lists of one run; each is read when a rule first names it."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._files: dict[str, Path] = {}
        for folder in reversed(folders):
            self._files |= {path.stem: path for path in sorted((folder / "lists").glob("*.txt"))}
        self._read: dict[str, tuple[SigmaString, ...]] = {}

    def expand(self, rule: SigmaRule) -> None:
        """Puts values in the place of placeholders, in place; names without a list stay.

        Raises PipelineError for a list that cannot be read or is empty.
        """
        if self._files:
            for part in rule.detection.detections.values():
                self._expand_part(part)

    def named_in(self, text: str) -> dict[str, tuple[str, ...]]:
        """The values, as written, of the lists that a text names in percent signs."""
        names = sorted({name for name in re.findall(r"%([^%\s]+)%", text) if name in self._files})
        return {name: tuple(_lines(self._files[name])) for name in names}

    def _expand_part(self, part: SigmaDetection) -> None:
        for item in part.detection_items:
            if isinstance(item, SigmaDetectionItem):
                item.value = [self._expanded(value) for value in item.value]
            else:
                self._expand_part(item)

    def _expanded(self, value: SigmaType) -> SigmaType:
        if isinstance(value, SigmaExpansion):
            return SigmaExpansion([self._expanded(one) for one in value.values])
        if isinstance(value, SigmaRegularExpression):
            return self._regex(value)
        if not isinstance(value, SigmaString) or not self._listed(value):
            return value
        return _any_of(value.replace_placeholders(self._values))

    def _listed(self, text: SigmaString) -> bool:
        return any(isinstance(piece, Placeholder) and piece.name in self._files for piece in text.s)

    def _values(self, placeholder: Placeholder) -> Iterator[Placeholder | SigmaString]:
        if placeholder.name not in self._files:
            yield placeholder
        else:
            yield from self._list(placeholder.name)

    def _regex(self, value: SigmaRegularExpression) -> SigmaType:
        """In a regular expression values stand for themselves, only their wildcards do not."""
        if not self._listed(value.regexp):
            return value
        pieces = [self._regex_piece(piece) for piece in value.regexp.s]
        if all(isinstance(piece, str) for piece in pieces):
            return SigmaRegularExpression("".join(map(str, pieces)), value.flags)
        value.regexp.s = list(pieces)  # what is left has no list: the rule is refused for it
        return value

    def _regex_piece(self, piece: str | SpecialChars | Placeholder) -> str | Placeholder:
        if isinstance(piece, str):
            return piece
        if isinstance(piece, SpecialChars):
            return _ANYTHING[piece]
        if piece.name not in self._files:
            return piece
        return f"(?:{'|'.join(map(_as_regex, self._list(piece.name)))})"

    def _list(self, name: str) -> tuple[SigmaString, ...]:
        if name not in self._read:
            self._read[name] = tuple(map(SigmaString, _lines(self._files[name])))
        return self._read[name]


def _any_of(found: Sequence[SigmaType]) -> SigmaType:
    return found[0] if len(found) == 1 else SigmaExpansion(list(found))


def _as_regex(value: SigmaString) -> str:
    pieces = (
        _REGEX_SPECIAL.sub(r"\\\1", piece) if isinstance(piece, str) else f".{_many(piece)}"
        for piece in value.s
    )
    return "".join(pieces)


def _many(piece: object) -> str:
    return "*" if piece is SpecialChars.WILDCARD_MULTI else ""


def _lines(path: Path) -> list[str]:
    """The values of a list, each once. Raises PipelineError."""
    try:
        lines = [line.strip() for line in path.read_text("utf-8-sig").split("\n")]
    except UnicodeDecodeError:
        what = "the value list is not UTF-8 text"
        raise PipelineError(what, path=str(path), next_step="save it as UTF-8") from None
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
        raise PipelineError(what, path=str(path), next_step="check the path") from None
    values = list(dict.fromkeys(line for line in lines if line and not line.startswith("#")))
    if not values:
        what = "the value list is empty"
        raise PipelineError(what, path=str(path), next_step="write one value a line")
    return values
