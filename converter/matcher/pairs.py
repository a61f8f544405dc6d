"""Any text of one list beside any of another, in time linear in both."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable


def any_starts(texts: Iterable[str], parts: Iterable[str]) -> bool:
    """Whether any text starts with any part."""
    trie = _Trie(parts)
    return any(trie.begins(text) for text in texts)


def any_ends(texts: Iterable[str], parts: Iterable[str]) -> bool:
    """Whether any text ends with any part."""
    return any_starts((text[::-1] for text in texts), (part[::-1] for part in parts))


def any_contains(texts: Iterable[str], parts: Iterable[str]) -> bool:
    """Whether any text contains any part."""
    every = list(parts)
    if len(every) < 2:  # the usual case, in C
        return any(part in text for part in every for text in texts)
    trie = _Trie(every)
    trie.link()
    return any(trie.holds(text) for text in texts)


class _Trie:
    """Words by their characters; linked (Aho and Corasick, 1975), it finds them inside a text."""

    def __init__(self, words: Iterable[str]) -> None:
        self.after: list[dict[str, int]] = [{}]
        self.ends = [False]
        self.back = [0]
        for word in words:
            at = 0
            for char in word:
                at = self.after[at].setdefault(char, len(self.after))
                if at == len(self.after):
                    self.after.append({})
                    self.ends.append(False)
                    self.back.append(0)
            self.ends[at] = True

    def link(self) -> None:
        """For each node the longest other one that ends its text."""
        queue = deque(self.after[0].values())
        while queue:
            at = queue.popleft()
            for char, after in self.after[at].items():
                self.back[after] = self._step(self.back[at], char)
                self.ends[after] |= self.ends[self.back[after]]
                queue.append(after)

    def _step(self, at: int, char: str) -> int:
        while at and char not in self.after[at]:
            at = self.back[at]
        return self.after[at].get(char, 0)

    def begins(self, text: str) -> bool:
        """Whether the text starts with a word."""
        at = 0
        for char in text:
            if self.ends[at]:
                return True
            if char not in self.after[at]:
                return False
            at = self.after[at][char]
        return self.ends[at]

    def holds(self, text: str) -> bool:
        """Whether the text contains a word."""
        at = 0
        for char in text:
            if self.ends[at]:
                return True
            at = self._step(at, char)
        return self.ends[at]
