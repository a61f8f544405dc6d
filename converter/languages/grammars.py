"""Lark's parsers from the grammars beside this module, built once and for later runs.

A parse table takes longer to work out than most runs take, and it depends on the grammar and Lark
alone. `tables` gives those that were worked out as data fit for JSON, `preload` takes them back.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files
from typing import Any, cast

import lark
import orjson
from lark import Lark, Transformer
from lark.grammar import Rule
from lark.lark import PostLex
from lark.lexer import TerminalDef

_ENDLESS = 2**53 - 1
_OWN = ("transformer", "postlex", "lexer_callbacks", "edit_terminals", "_plugins", "cache")
_KNOWN: dict[str, Any] = {}


def preload(tables: dict[str, Any]) -> None:
    """Tables of an earlier run; those that do not fit a grammar as it is now are never used."""
    _KNOWN.update(tables)


def tables() -> dict[str, Any]:
    """All tables at hand: preloaded, or worked out since."""
    return dict(_KNOWN)


def grammar_text(name: str) -> str:
    """The grammar `<name>.lark`."""
    return files("converter.languages").joinpath(f"{name}.lark").read_text("utf-8")


def grammar(
    source: str,
    transformer: Transformer[Any, Any] | None = None,
    postlex: PostLex | None = None,
    **options: Any,
) -> Lark:
    """An LALR parser for a grammar's text; `options` as Lark takes them, fit for JSON."""
    own = {"transformer": transformer, "postlex": postlex}
    key = _key(source, options)
    if key in _KNOWN:
        try:
            return _revived(_KNOWN[key], own)
        except Exception:  # noqa: BLE001  whatever is wrong with it, it can be worked out anew
            del _KNOWN[key]
    parser = Lark(source, parser="lalr", **{k: v for k, v in own.items() if v}, **options)
    _KNOWN[key] = _table(parser)
    return parser


def _key(source: str, options: dict[str, Any]) -> str:
    parts = [lark.__version__, source, orjson.dumps(options, option=orjson.OPT_SORT_KEYS).decode()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _table(parser: Lark) -> Any:
    """What Lark.save would pickle; as JSON it can be read back without running anything."""
    data, memo = parser.memo_serialize([TerminalDef, Rule])
    data["options"] = {k: v for k, v in data["options"].items() if k not in _OWN}
    return _plain({"data": data, "memo": memo})


def _plain(value: Any) -> Any:
    """The data with names as keys; the width of an endless terminal fits no 64 bits as it is."""
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    return min(value, _ENDLESS) if isinstance(value, int) and not isinstance(value, bool) else value


def _revived(table: Any, own: dict[str, Any]) -> Lark:
    plain = cast(dict[str, Any], _numbered(table))
    load: Any = Lark._load_from_dict  # as parsers of its own generator do
    return cast(Lark, load(plain["data"], plain["memo"], **own))


def _numbered(value: Any) -> Any:
    """The data with numbers as keys again, which JSON has as text: states, tokens, memo."""
    if isinstance(value, list):
        return [_numbered(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {int(key) if key.isdigit() else key: _numbered(one) for key, one in value.items()}
