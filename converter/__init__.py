"""Sigma rules in, faithful queries for every SIEM out; and a native matcher."""

from __future__ import annotations

__version__ = "0.1.0"
