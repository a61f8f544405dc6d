"""Both measurements, one after the other: `convert.py` and `scan.py`; each says what it takes."""

from __future__ import annotations

import sys

import convert
import scan


def main(said: list[str]) -> None:
    """Each takes of the arguments what it knows; what neither knows is an error."""
    known, others = convert.parser(), scan.parser()
    if {"-h", "--help"} & set(said):
        print(known.format_help(), others.format_help(), sep="\n")
        return
    for_convert, left = known.parse_known_args(said)
    for_scan, also_left = others.parse_known_args(said)
    unknown = [word for word in left if word in also_left]
    if unknown:
        others.error(f"neither convert.py nor scan.py knows {' '.join(unknown)}")
    print("How long converting takes")
    convert.main(for_convert)
    print("\nHow fast logs are scanned")
    scan.main(for_scan, [word for word in said if word not in also_left])


if __name__ == "__main__":
    main(sys.argv[1:])
