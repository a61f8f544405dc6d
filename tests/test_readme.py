"""The README's example is run, so that what it shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path

from test_cli import run

ROOT = Path(__file__).resolve().parent.parent


def test_the_example_is_real(tmp_path: Path) -> None:
    """The rule of the README converts to exactly the queries below it."""
    text = (ROOT / "README.md").read_text("utf-8")
    rule = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    queries = re.search(r"prints .*?\n\n```\n(.*?)```", text, re.DOTALL)
    assert rule is not None
    assert queries is not None
    (tmp_path / "stop_logging.yml").write_text(rule.group(1), "utf-8")
    result = run("convert", "stop_logging.yml", "-o", "-", cwd=tmp_path)
    assert result.stdout == queries.group(1)


def test_commands_and_options_exist() -> None:
    """Every command and option that the README names is there."""
    text = (ROOT / "README.md").read_text("utf-8")
    for name, words in re.findall(r"\| `polysigma (\w+)[^|]*\| ([^\n]*)", text):
        shown = run(name, "--help")
        assert shown.exit_code == 0
        for option in re.findall(r"`(-{1,2}[a-z]+)`", words):
            assert option in shown.stdout
