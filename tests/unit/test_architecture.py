"""The folders form one list, and so do the modules in each: imports go up it, and nowhere else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import nox_cleanroom
from nox_cleanroom.config.options import Options
from nox_cleanroom.config.settings import KEYS
from nox_cleanroom.errors import Code

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "nox_cleanroom"
PACKAGE = "nox_cleanroom"


def listed() -> list[str]:
    """The modules in the order of CONTRIBUTING: ``errors``, ``checkout.git``, and so on."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    block = re.search(r"```text\n(.*?)```", text, re.DOTALL)
    assert block is not None
    modules: list[str] = []
    for line in block.group(1).splitlines():
        first, *rest = line.split()
        if first.endswith("/"):
            # The packaged noxfile lies in a folder that is no package.
            modules += [first[:-1]] if (SOURCE / first / "__init__.py").exists() else []
            modules += [f"{first[:-1]}.{name}" for name in rest]
        else:
            modules += [first, *rest]
    return modules


def module_of(path: Path) -> str:
    """A module's name below the package; a folder's is that of its ``__init__``."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and parts[1:] else parts)


MODULES = {module_of(path): path for path in SOURCE.rglob("*.py")}


def imported(source: str, module: str, *, is_folder: bool = False) -> Iterator[str]:
    """The modules of ours that a source imports, by whatever form of statement, wherever it is."""
    above = [PACKAGE, *module.split(".")][: None if is_folder else -1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from filter(None, (below(alias.name) for alias in node.names))
        elif isinstance(node, ast.ImportFrom):
            base = above[: len(above) - node.level + 1] if node.level else []
            origin = ".".join([*base, *filter(None, [node.module])])
            for alias in node.names:
                yield from filter(None, [below(f"{origin}.{alias.name}") or below(origin)])


def below(name: str) -> str:
    """The module of ours with a dotted name; empty when it names none."""
    first, _, rest = name.partition(".")
    if first != PACKAGE:
        return ""
    return rest if rest in MODULES else "" if rest else "__init__"


@pytest.mark.parametrize(
    ("source", "module"),
    [
        ("import nox_cleanroom.checkout.git", "steps"),
        ("import nox_cleanroom.checkout.git as git", "steps"),
        ("from nox_cleanroom.checkout import git", "steps"),
        ("from nox_cleanroom.checkout.git import Checkout", "steps"),
        ("from . import git", "checkout.index"),
        ("from .git import Checkout", "checkout.index"),
        ("from ..checkout import git", "build.frontend"),
        ("def late():\n    from nox_cleanroom.checkout import git", "steps"),
        ("if TYPE_CHECKING:\n    from nox_cleanroom.checkout.git import Commit", "steps"),
    ],
)
def test_every_form_of_import_is_seen(source: str, module: str) -> None:
    assert set(imported(source, module)) == {"checkout.git"}


def test_every_module_is_listed() -> None:
    assert sorted(MODULES) == sorted(listed())


def test_imports_go_up_the_list() -> None:
    order = {module: place for place, module in enumerate(listed())}
    against = [
        f"{module} imports {name}"
        for module, path in MODULES.items()
        for name in imported(
            path.read_text(encoding="utf-8"), module, is_folder=path.name == "__init__.py"
        )
        if order[name] >= order[module]
    ]
    assert against == []


def test_every_folder_says_what_happens_there() -> None:
    for folder in SOURCE.iterdir():
        if folder.is_dir() and folder.name not in {"__pycache__", "noxfile"}:
            text = ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))
            assert text is not None, folder
            assert text.count("\n\n") == 1, folder


def folders_with(pattern: str) -> set[str]:
    """The folders, or modules of the top, with a line that matches."""
    return {
        module.partition(".")[0]
        for module, path in MODULES.items()
        if re.search(pattern, path.read_text(encoding="utf-8"), re.MULTILINE)
    }


def test_only_the_edge_speaks_to_nox() -> None:
    speaking = r"^\s*(import nox$|import nox\.|from nox[ .])"
    assert folders_with(speaking) == {"environments", "sessions"}
    assert [
        module
        for module, path in MODULES.items()
        if module.startswith("environments.")
        and re.search(speaking, path.read_text(), re.MULTILINE)
    ] == ["environments.venvs"]


def test_only_processes_and_git_start_processes() -> None:
    assert folders_with(r"subprocess\.(run|Popen|check_\w+)\(") == {"processes", "checkout"}


#: What takes a file or a directory away, as a call or as a command.
DELETING = (
    r"\brmtree\(|\.unlink\(|\bos\.(remove|removedirs|rmdir|unlink)\(|\.rmdir\(|\bshutil\.move\("
    r"|TemporaryDirectory|\"(remove|prune|rm|clean)\"|--clear(?!-cache)"
)


def test_only_places_deletes() -> None:
    assert folders_with(DELETING) == {"places"}


def test_only_places_knows_where_caches_are() -> None:
    assert folders_with(r"^\s*(import|from) platformdirs") == {"places"}


def test_every_code_has_its_place_in_the_docs() -> None:
    text = (ROOT / "docs" / "reference" / "codes.md").read_text(encoding="utf-8")
    documented = dict(re.findall(r"^## (\w+)\n\nExit status (\d+)\.", text, re.MULTILINE))
    assert documented == {code.name: str(code.exit_status) for code in Code}


def test_every_option_has_its_place_in_the_docs() -> None:
    text = (ROOT / "docs" / "reference" / "options.md").read_text(encoding="utf-8")
    for name in Options.__dataclass_fields__:
        assert f"--{name.removesuffix('_seconds').replace('_', '-')}" in text


def test_every_key_has_its_place_in_the_docs() -> None:
    text = (ROOT / "docs" / "reference" / "configuration.md").read_text(encoding="utf-8")
    for name in KEYS:
        assert f"| `{name}` |" in text


def test_no_module_hides_a_public_function() -> None:
    """Importing a module sets the attribute of its package, as PEP 562 does for public names."""
    tops = {path.stem for path in SOURCE.glob("*.py")} | {path.name for path in SOURCE.iterdir()}
    assert tops.isdisjoint(nox_cleanroom.__all__)
