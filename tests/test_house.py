"""The house rules that no other tool holds: short functions and files, one place that acts."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parent.parent
CODE = ROOT / "converter"
MODULES = sorted(path for path in CODE.rglob("*.py") if "shipped" not in path.parts)
NATIVE = sorted((CODE / "native").glob("*.[ch]"))
VAGUE = {"common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"}
ACTING = {
    "exit",
    "print",
    "quit",
    "os.remove",
    "os.rename",
    "os.replace",
    "os._exit",
    "shutil.rmtree",
    "sys.exit",
    "sys.stderr.write",
    "sys.stdout.write",
}
WRITING = {"mkdir", "rename", "rmdir", "touch", "unlink", "write_bytes", "write_text"}
Function = ast.FunctionDef | ast.AsyncFunctionDef

parsed = {path: ast.parse(path.read_text("utf-8")) for path in MODULES}


def functions(tree: ast.Module) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def whole(function: Function) -> int:
    return (function.end_lineno or 0) - function.lineno + 1


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def is_cli(path: Path) -> bool:
    return path.relative_to(CODE).parts[0] in ("cli", "__main__.py")


def acts(node: ast.AST) -> bool:
    """A call that prints, exits, or changes the file system."""
    if not isinstance(node, ast.Call):
        return False
    name = ast.unparse(node.func)
    if name == "open" or name.endswith(".open"):
        modes = [*node.args[:2], *(word.value for word in node.keywords if word.arg == "mode")]
        texts = [arg.value for arg in modes if isinstance(arg, ast.Constant)]
        return any(isinstance(t, str) and len(t) <= 3 and set(t) & set("wax+") for t in texts)
    return name in ACTING or (isinstance(node.func, ast.Attribute) and node.func.attr in WRITING)


def test_there_is_a_house() -> None:
    """The tests below look at all of converter/."""
    assert {"errors.py", "casing.py"} <= {path.name for path in MODULES}


@pytest.mark.parametrize("path", [*MODULES, *NATIVE], ids=place)
def test_files_are_short(path: Path) -> None:
    """No module has more than 300 lines."""
    assert len(path.read_text("utf-8").splitlines()) <= 300


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_functions_are_short(path: Path) -> None:
    """No function has more than 50 lines, docstring included."""
    assert [f.name for f in functions(parsed[path]) if whole(f) > 50] == []


@pytest.mark.parametrize("path", [one for one in NATIVE if one.suffix == ".c"], ids=place)
def test_functions_in_c_are_short(path: Path) -> None:
    """Nor has any in C, from its name to its closing brace."""
    bodies = re.findall(r"^\w[^;={}]*\)\n?\s*\{\n.*?^\}", path.read_text("utf-8"), re.M | re.S)
    assert bodies
    assert [body.splitlines()[0] for body in bodies if body.count("\n") >= 50] == []


def test_most_functions_are_very_short() -> None:
    """Half of all functions have at most 9 lines, nine of ten at most 30."""
    counts = sorted(whole(f) for tree in parsed.values() for f in functions(tree))
    assert median(counts) <= 9
    assert counts[len(counts) * 9 // 10] <= 30


@pytest.mark.parametrize("path", [path for path in MODULES if not is_cli(path)], ids=place)
def test_only_the_command_line_acts(path: Path) -> None:
    """Nothing below the command line prints, exits or writes files."""
    found = [ast.unparse(node) for node in ast.walk(parsed[path]) if acts(node)]
    assert found == []


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_names_say_what_is_there(path: Path) -> None:
    """No module or class has a name that fits everything."""
    names = {node.name.lower() for node in ast.walk(parsed[path]) if isinstance(node, ast.ClassDef)}
    words = {part for name in (path.stem, path.parent.name) for part in name.lower().split("_")}
    assert words & VAGUE == set()
    assert [name for name in names if name.endswith(tuple(VAGUE))] == []


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_modules_do_no_work_when_imported(path: Path) -> None:
    """No statement at the top of a module is a bare call or a loop."""
    top = parsed[path].body
    loops = [node for node in top if isinstance(node, ast.For | ast.While | ast.With)]
    calls = [n for n in top if isinstance(n, ast.Expr) and isinstance(n.value, ast.Call)]
    assert loops == []
    assert calls == []


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_modules_and_public_names_say_what_they_are(path: Path) -> None:
    """Each module, and each public function of it, opens with a docstring."""
    tree = parsed[path]
    public = [node for node in tree.body if isinstance(node, Function | ast.ClassDef)]
    silent = [n.name for n in public if not n.name.startswith("_") and not ast.get_docstring(n)]
    assert ast.get_docstring(tree) or not tree.body
    assert silent == []


def every_test() -> Iterator[tuple[str, Function]]:
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for function in functions(ast.parse(path.read_text("utf-8"))):
            if function.name.startswith("test_"):
                yield place(path), function


def test_every_test_says_one_sentence() -> None:
    """A test's docstring opens with one sentence that is true when it passes."""
    silent = [
        f"{path}::{function.name}"
        for path, function in every_test()
        if not (ast.get_docstring(function) or "").split("\n\n")[0].rstrip().endswith(".")
    ]
    assert silent == []


def test_the_lock_holds_every_dependency_by_hash() -> None:
    """The lock names each dependency with its hashes, and no registry."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    wanted += project["project"]["optional-dependencies"]["dev"]
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    entries = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)[1:]
    locked = {entry.partition("==")[0] for entry in entries}
    assert {re.split(r"[<>=]", name)[0].lower().replace("_", "-") for name in wanted} <= locked
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in lock
