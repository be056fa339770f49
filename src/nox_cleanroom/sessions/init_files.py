"""What `nox-cleanroom init` writes: each function returns the new text of a file."""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Iterable, Sequence

from nox_cleanroom.config.pyproject import parse_toml
from nox_cleanroom.errors import ConfigError, UsageError

#: The workflow, which is the first one of the page on CI.
_WORKFLOW = """\
name: cleanroom

on:
  push:
    branches: [{branch}]
  pull_request:

permissions:
  contents: read

jobs:
  matrix:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
        with:
          fetch-depth: 0
          persist-credentials: false
      - uses: astral-sh/setup-uv@v7
      - run: uvx nox-cleanroom {sessions} --download-python auto
{where}"""

#: Names of sessions that `define_sessions` would define again.
_OURS = ("smoke", "clean_check", "matrix")


def workflow(*, branch: str, directory: str, all_packages: bool) -> str:
    """The text of a workflow for GitHub Actions.

    Args:
        branch: the branch whose pushes are tested.
        directory: the project's directory, relative to the top level.
        all_packages: whether to test all packages of the repository.
    """
    sessions = "matrix --all-packages" if all_packages else "matrix clean_check"
    where = "" if directory == "." else f"        working-directory: {directory}\n"
    return _WORKFLOW.format(branch=branch, sessions=sessions, where=where)


def gitignore(text: str, lines: Iterable[str]) -> str:
    """A ``.gitignore`` with further lines at its end, in its own line ends."""
    end = _line_end(text)
    whole = text if not text or text.endswith(("\n", "\r")) else f"{text}{end}"
    return whole + "".join(f"{line}{end}" for line in lines)


def noxfile(text: str, packages: Sequence[str]) -> str:
    """A noxfile with our sessions; one that has them stays as it is.

    Args:
        text: its text; empty for a new one.
        packages: globs of the directories of packages; empty for a single project.

    Raises:
        UsageError: it is no Python, or defines a session of the same name.
    """
    arguments = f"packages={[*packages]!r}" if packages else ""
    call = f"nox_cleanroom.define_sessions({arguments})".replace("'", '"')
    if not text:
        return f"import nox_cleanroom\n\n{call}\n"
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise UsageError(
            f"noxfile.py is no valid Python: {error}.",
            hint="Fix it, or name other parts: `init gitignore`.",
        ) from None
    is_imported = "nox_cleanroom" in {*_imported(tree)}
    if is_imported and _is_used(tree):
        return text
    _require_no_namesake(tree)
    lines, end = text.splitlines(keepends=True), _line_end(text)
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += end
    last = _script_part(tree)
    added = [end, end, f"{call}{end}"] if last is None else [f"{call}{end}", end, end]
    at = len(lines) if last is None else last
    lines[at:at] = added
    if not is_imported:
        lines.insert(_after_imports(tree), f"import nox_cleanroom{end}")
    return _with_dependency("".join(lines))


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _imported(tree: ast.Module) -> Iterable[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


def _is_used(tree: ast.Module) -> bool:
    """Whether a noxfile calls something of ours."""
    names = {"nox_cleanroom"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("nox_cleanroom"):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            ours = (one for one in node.names if one.name == "nox_cleanroom" and one.asname)
            names |= {one.asname or "" for one in ours}
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    first = (one.value if isinstance(one, ast.Attribute) else one for one in calls)
    return any(isinstance(one, ast.Name) and one.id in names for one in first)


def _require_no_namesake(tree: ast.Module) -> None:
    given = [
        keyword.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "name"
    ]
    named = {one.value for one in given if isinstance(one, ast.Constant)}
    if any(not isinstance(one, ast.Constant) for one in given):
        # A name that is computed may be any text of the file.
        named |= {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    same = [name for name in _OURS if name in named | defined]
    if same:
        raise UsageError(
            f"noxfile.py has something named {', '.join(same)}, as a session of ours is.",
            hint="Rename it, or call `nox_cleanroom.smoke(session)` in a session of another name.",
        )


def _script_part(tree: ast.Module) -> int | None:
    """The number of lines before a last `if __name__ == "__main__":`; None without one."""
    last = tree.body[-1] if tree.body else None
    if isinstance(last, ast.If) and "__name__" in ast.unparse(last.test):
        return last.lineno - 1
    return None


def _after_imports(tree: ast.Module) -> int:
    """The number of lines up to the end of `import nox`, or else of the first imports."""
    ends = [
        node.end_lineno or node.lineno
        for node in tree.body
        if isinstance(node, ast.Import) and any(alias.name == "nox" for alias in node.names)
    ]
    if ends:
        return ends[0]
    first = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    is_text = bool(tree.body) and isinstance(tree.body[0], ast.Expr)
    before = first[-1:] or (tree.body[:1] if is_text else [])
    return max((node.end_lineno or 0 for node in before), default=0)


#: The dependencies in inline metadata, from which nox makes an environment for the noxfile.
#: (https://packaging.python.org/specifications/inline-script-metadata/)
_BLOCK = re.compile(r"(?ms)^# /// script\r?$.*?^# ///\r?$")
_ON_A_LINE = re.compile(r"(?m)^(# dependencies\s*=\s*\[)(.*)(\][^\]\r\n]*\r?)$")
_ON_LINES = re.compile(r"(?m)^(# dependencies\s*=\s*\[\s*\r?\n(?:#(?! *\]).*\r?\n)*?)(# *\])")


def _with_dependency(text: str) -> str:
    """A noxfile whose inline metadata, if there is any, requires us."""
    block = _BLOCK.search(text)
    if block is None or "nox-cleanroom" in block[0]:
        return text

    def add_to_line(found: re.Match[str]) -> str:
        comma = ", " if found[2].strip() else ""
        return f'{found[1]}{found[2]}{comma}"nox-cleanroom"{found[3]}'

    def add_line(found: re.Match[str]) -> str:
        end, inner = _line_end(text), found[1].rstrip()
        comma = "" if inner.endswith((",", "[")) else ","
        return f'{inner}{comma}{end}#   "nox-cleanroom",{end}{found[2]}'

    added, count = _ON_A_LINE.subn(add_to_line, block[0], count=1)
    added = added if count else _ON_LINES.sub(add_line, block[0], count=1)
    before, after = (_dependencies(one) for one in (block[0], added))
    if before is not None and after != [*before, "nox-cleanroom"]:
        raise UsageError(
            "The inline metadata of noxfile.py cannot be changed.",
            hint='Add "nox-cleanroom" to its dependencies by hand.',
        )
    return text.replace(block[0], added, 1)


def _dependencies(block: str) -> list[str] | None:
    """The dependencies in a block of inline metadata; None when it has no such list."""
    lines = (line.removeprefix("#").removeprefix(" ") for line in block.splitlines()[1:-1])
    with contextlib.suppress(ConfigError):
        found = parse_toml("\n".join(lines), "inline metadata").get("dependencies")
        return found if isinstance(found, list) else None
    return []
