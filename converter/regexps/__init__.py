"""Sigma's regular expressions, which are PCRE, on the linear-time engine RE2."""

from __future__ import annotations

from converter.regexps.engine import readable, searcher

__all__ = ["readable", "searcher"]
