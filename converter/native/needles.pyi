class Needles:
    """Needles and how lines begin: texts each with its number, looked for in one pass.

    A needle is a number, a text, whether its letters stand for any case, whether it is the end of
    a key with its quote, and values of that key, or None. A value is a text in lower case, and how
    it ends: 0 anywhere, 1 with the quote that is its last byte, 2 before what ends a number.
    `sample` is what the data is like, `odd` the number of lines that begin like none of `begins`,
    or do not end in a brace; before the line end stands a return, too, if `returns`. `likely` is
    how many needles have to be compared for each byte of the sample.
    """

    likely: float

    def __init__(
        self,
        needles: tuple[tuple[int, bytes, bool, bool, tuple[tuple[bytes, int], ...] | None], ...],
        sample: bytes,
        begins: tuple[bytes, ...],
        returns: bool,
        odd: int,
        /,
    ) -> None: ...
    def scan(self, data: bytes | bytearray | memoryview, /) -> list[tuple[int, int]]:
        """The end of each hit and its number."""
    def lines(
        self, data: bytes | bytearray | memoryview, more: list[tuple[int, int]], /
    ) -> tuple[list[tuple[int, int, int, list[tuple[int, int]] | None]], int, int]:
        """Lines with hits or that are odd, how many lines end, and how many are odd.

        Of each: how many are before it behind the one before, where it begins and ends, and its
        hits, those among `more` included; None if it is odd.
        """
