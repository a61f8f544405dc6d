"""Which of ATT&CK's techniques the rules look for: a table, and a picture of it.

The picture is an SVG that needs no script, no font and no network: a column a tactic, a cell a
technique, darker the more rules look for it; wanted techniques that none looks for have a border.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from converter.attack import Attack, Tactic, Technique
from converter.packages.content import Content
from converter.packages.metadata import line
from converter.packages.threat import aims

_WIDTH, _HEIGHT, _GAP, _TOP = 164, 30, 4, 92
_SHADES = ("#eef1f4", "#c6dbef", "#6baed6", "#2171b5", "#08306b")
_STEPS = (0, 1, 2, 4, 8)
_LETTERS = 23
# As MITRE's own matrix has them; others follow by their ids.
_ORDER = (
    "reconnaissance resource-development initial-access execution persistence privilege-escalation "
    "stealth defense-evasion defense-impairment credential-access discovery lateral-movement "
    "collection command-and-control exfiltration impact"
).split()


@dataclass(frozen=True)
class Cell:
    """A technique under one tactic: the titles of the rules that look for it, or below it."""

    technique: Technique
    tactic: str
    rules: tuple[str, ...]
    wanted: bool = False


@dataclass(frozen=True)
class Coverage:
    """Every tactic with its techniques, sub-techniques counted for their technique.

    `covered` are ids of techniques and sub-techniques that rules name; `gaps` wanted ones that no
    rule names, and `unknown` wanted words that ATT&CK does not know.
    """

    attack: Attack
    columns: Mapping[Tactic, tuple[Cell, ...]]
    covered: tuple[str, ...]
    wanted: tuple[str, ...]
    gaps: tuple[Technique, ...]
    unknown: tuple[str, ...]


def coverage(content: Content, wanted: Iterable[str] = ()) -> Coverage:
    """What the rules cover. A wanted technique is covered by a rule for any of its sub-techniques.

    Revoked ids among the wanted count as their successors.
    """
    attack = content.attack
    titles, covered = _named(content)
    known, unknown = _known(wanted, attack)
    parents = {id.partition(".")[0] for id in covered}
    gaps = [one for one in known if one.id not in covered and one.id not in parents]
    wished = {one.parent for one in known}
    columns = {
        tactic: tuple(
            Cell(one, short, tuple(titles.get((one.id, short), ())), one.id in wished)
            for one in attack.techniques()
            if one.id == one.parent and short in one.tactics
        )
        for short, tactic in sorted(attack.tactics.items(), key=lambda item: _place(item[0]))
    }
    ids = tuple(one.id for one in known)
    return Coverage(attack, columns, tuple(sorted(covered)), ids, tuple(gaps), unknown)


def _place(short: str) -> int:
    return _ORDER.index(short) if short in _ORDER else len(_ORDER)


def _named(content: Content) -> tuple[dict[tuple[str, str], list[str]], set[str]]:
    titles: dict[tuple[str, str], list[str]] = {}
    covered: set[str] = set()
    for entry in content.entries:
        for aim in aims(entry.rule, content.attack):
            for technique, below in aim.techniques.items():
                covered |= {one.id for one in below or (technique,)}
                names = titles.setdefault((technique.id, aim.tactic.short), [])
                names.append(line(entry.rule.title))
    return titles, covered


def _known(wanted: Iterable[str], attack: Attack) -> tuple[list[Technique], tuple[str, ...]]:
    found: dict[str, Technique] = {}
    unknown: list[str] = []
    for word in wanted:
        technique = attack.technique(word.strip().upper())
        if technique and technique.replaced_by:
            technique = attack.technique(technique.replaced_by)
        if technique:
            found[technique.id] = technique
        else:
            unknown.append(word)
    return [found[id] for id in sorted(found)], tuple(unknown)


def rows(found: Coverage) -> list[tuple[str, str, str, str]]:
    """One row a tactic: its name, techniques covered of all, wanted ones covered, rules."""
    gaps = {one.id for one in found.gaps}
    out = []
    for tactic, cells in found.columns.items():
        covered = [cell for cell in cells if cell.rules]
        ids = [id for id in found.wanted if _serves(found.attack, id, tactic.short)]
        reached = sum(id not in gaps for id in ids)
        rules = {title for cell in cells for title in cell.rules}
        wanted = f"{reached} of {len(ids)}" if ids else ""
        out.append((tactic.name, f"{len(covered)} of {len(cells)}", wanted, str(len(rules))))
    return out


def _serves(attack: Attack, id: str, tactic: str) -> bool:
    technique = attack.technique(id)
    return technique is not None and tactic in technique.tactics


def svg(found: Coverage, title: str) -> bytes:
    """The picture. Whatever a title holds stays text."""
    tall = max((len(cells) for cells in found.columns.values()), default=0)
    width = len(found.columns) * (_WIDTH + _GAP) + _GAP
    height = _TOP + tall * (_HEIGHT + _GAP) + _GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
        f' width="{width}" height="{height}" font-family="sans-serif" font-size="11">',
        f"<title>{_text(title)}</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="{_GAP}" y="24" font-size="18" font-weight="bold">{_text(title)}</text>',
        f'<text x="{_GAP}" y="44" fill="#444444">{_text(_legend(found))}</text>',
    ]
    for number, (tactic, cells) in enumerate(found.columns.items()):
        x = _GAP + number * (_WIDTH + _GAP)
        parts.append(f'<text x="{x}" y="68" font-weight="bold">{_text(tactic.name)}</text>')
        count = f"{sum(bool(cell.rules) for cell in cells)} of {len(cells)}"
        parts.append(f'<text x="{x}" y="83" fill="#444444">{count}</text>')
        parts += [_cell(cell, x, _TOP + row * (_HEIGHT + _GAP)) for row, cell in enumerate(cells)]
    return "\n".join([*parts, "</svg>", ""]).encode()


def _legend(found: Coverage) -> str:
    text = f"ATT&CK {found.attack.version}: the darker, the more rules look for a technique"
    return f"{text}; red border: wanted, and no rule looks for it" if found.gaps else text


def _cell(cell: Cell, x: int, y: int) -> str:
    shade = max(number for number, least in enumerate(_STEPS) if len(cell.rules) >= least)
    missed = cell.wanted and not cell.rules
    border = ' stroke="#c00000" stroke-width="2"' if missed else ""
    ink = "#ffffff" if shade > 2 else "#1b1b1b"
    told = "; ".join(cell.rules) or "no rule"
    name = cell.technique.name
    short = name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…"
    return (
        f"<g><title>{_text(f'{cell.technique.id} {name}: {told}')}</title>"
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="3"'
        f' fill="{_SHADES[shade]}"{border}/>'
        f'<text x="{x + 5}" y="{y + 13}" fill="{ink}" font-size="9">{cell.technique.id}</text>'
        f'<text x="{x + 5}" y="{y + 25}" fill="{ink}">{_text(short)}</text></g>'
    )


def _text(value: str) -> str:
    return escape(line(value), quote=True)


def gap_lines(gaps: Sequence[Technique]) -> list[str]:
    """One line a wanted technique that no rule looks for."""
    return [f"{one.id} {one.name} ({', '.join(one.tactics)})" for one in gaps]
