"""The modules form one list, and each imports only from those above it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from nox_cleanroom.config import KEYS
from nox_cleanroom.errors import Code
from nox_cleanroom.options import Options

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "nox_cleanroom"


def listed() -> list[str]:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    block = re.search(r"```text\n(.*?)```", text, re.DOTALL)
    assert block is not None
    return [line.split()[0] for line in block.group(1).splitlines() if line.strip()]


def room_of(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return parts[0] if len(parts) == 1 else f"{parts[0]}/"


def imported_rooms(path: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("nox_cleanroom"):
            inner = (node.module or "").split(".")[1:]
            names = [inner[0]] if inner else [alias.name for alias in node.names]
            folders = {name for name in names if (SOURCE / name).is_dir()}
            rooms |= {f"{name}/" if name in folders else name for name in names}
    return rooms


def test_every_module_is_listed() -> None:
    rooms = {room_of(path) for path in SOURCE.rglob("*.py")}
    assert sorted(rooms) == sorted(listed())


def test_imports_go_up_the_list() -> None:
    order = {room: place for place, room in enumerate(listed())}
    against = [
        f"{path.relative_to(SOURCE)} imports {room}"
        for path in SOURCE.rglob("*.py")
        for room in imported_rooms(path)
        if order[room] > order[room_of(path)]
    ]
    assert against == []


def test_only_the_edge_speaks_to_nox() -> None:
    speaking = {
        room_of(path)
        for path in SOURCE.rglob("*.py")
        if re.search(r"^\s*(import nox$|import nox\.|from nox[ .])", path.read_text(), re.MULTILINE)
    }
    assert speaking == {
        "backend",
        "definitions",
        "selection",
        "untested",
        "venvs",
        "sessions",
        "__main__",
    }


def test_only_process_and_git_start_processes() -> None:
    starting = {
        room_of(path)
        for path in SOURCE.rglob("*.py")
        if re.search(r"subprocess\.(run|Popen|check_\w+)\(", path.read_text())
    }
    assert starting == {"process", "git", "strays"}


#: What takes a file or a directory away, as a call or as a command.
DELETING = re.compile(
    r"\brmtree\(|\.unlink\(|\bos\.(remove|removedirs|rmdir|unlink)\(|\.rmdir\(|\bshutil\.move\("
    r"|TemporaryDirectory|\"(remove|prune|rm|clean)\"|--clear(?!-cache)"
)


def test_only_places_deletes() -> None:
    deleting = {
        room_of(path)
        for path in SOURCE.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if DELETING.search(line)
    }
    assert deleting == {"places/"}


def test_every_code_has_its_place_in_the_docs() -> None:
    text = (ROOT / "docs" / "reference" / "codes.md").read_text(encoding="utf-8")
    documented = dict(re.findall(r"^## (\w+)\n\nExit status (\d+)\.", text, re.MULTILINE))
    assert documented == {code.name: str(code.exit_status) for code in Code}


def test_every_option_has_its_place_in_the_docs() -> None:
    text = (ROOT / "docs" / "reference" / "options.md").read_text(encoding="utf-8")
    for name in Options.__dataclass_fields__:
        assert f"--{name.replace('_', '-')}" in text


def test_every_key_has_its_place_in_the_docs() -> None:
    text = (ROOT / "docs" / "reference" / "configuration.md").read_text(encoding="utf-8")
    for name in KEYS:
        assert f"| `{name}` |" in text
