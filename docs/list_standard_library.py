"""Writes which names of the standard library only some versions of Python, or some systems, have.

    python docs/list_standard_library.py

It reads typeshed's stubs, which come with mypy (https://github.com/python/typeshed), and writes
`src/nox_cleanroom/inside/standard_library.json`: for each module, when it exists, and for each of its
names that does not always exist, when that does. ``3.11-`` means from 3.11 on, ``-3.12`` up to 3.12,
and ``win32`` on that system only. A name that any version lacks and that the text of the stub does
not decide is left out.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import mypy

STUBS = Path(mypy.__file__).parent / "typeshed" / "stdlib"
OUT = Path(__file__).parent.parent / "src/nox_cleanroom/inside/standard_library.json"

#: typeshed no longer tells 3.9 from 3.10.
MINORS = range(10, 16)
SYSTEMS = ("linux", "darwin", "win32")
Place = tuple[int, str]
PLACES: tuple[Place, ...] = tuple((minor, system) for minor in MINORS for system in SYSTEMS)

#: Modules that only one kind of system has; typeshed does not say so for whole modules.
ONLY_WINDOWS = {"_winapi", "msilib", "msvcrt", "nt", "winreg", "winsound"}
ONLY_UNIX = {
    "crypt",
    "fcntl",
    "grp",
    "nis",
    "ossaudiodev",
    "posix",
    "pty",
    "pwd",
    "resource",
    "spwd",
}
ONLY_UNIX |= {"syslog", "termios", "tty", "readline", "curses", "_posixsubprocess"}

#: Names that went before the oldest version that typeshed tells, and are still in use.
LONG_GONE = {
    "base64": ("-3.8", "decodestring encodestring"),
    "cgi": ("-3.7", "escape parse_qs parse_qsl"),
    "collections": (
        "-3.9",
        (
            "AsyncIterable AsyncIterator Awaitable ByteString Callable Collection Container Coroutine"
            " Generator Hashable ItemsView Iterable Iterator KeysView Mapping MappingView MutableMapping"
            " MutableSequence MutableSet Reversible Sequence Set Sized ValuesView"
        ),
    ),
    "fractions": ("-3.8", "gcd"),
    "html.parser": ("-3.4", "HTMLParseError"),
    "platform": ("-3.7", "dist linux_distribution popen"),
    "time": ("-3.7", "clock"),
    "xml.etree": ("-3.8", "cElementTree"),
}

#: Names that typeshed has in modules which only Windows imports, and not in the stub itself.
OF_WINDOWS = {
    "asyncio": (
        "IocpProactor ProactorEventLoop WindowsProactorEventLoopPolicy"
        " WindowsSelectorEventLoopPolicy"
    ),
}

#: Names that interpreters have although typeshed does not say so; `tests/unit` compares the two.
NOT_SO = {
    ("asyncio", "AbstractEventLoopPolicy"),
    ("asyncio", "DefaultEventLoopPolicy"),
    ("asyncio", "futures"),
    ("asyncio", "selector_events"),
    ("io", "text_encoding"),
    ("ntpath", "isdevdrive"),
    ("sqlite3", "version"),
    ("wave", "WAVE_FORMAT_EXTENSIBLE"),
}


class UndecidedError(Exception):
    """A condition that does not depend on version and system alone."""


def main() -> None:
    versions = dict(_read_versions())
    table = {}
    for module, (low, high) in sorted(versions.items()):
        system = "win32" if module in ONLY_WINDOWS else "unix" if module in ONLY_UNIX else ""
        exists = {
            (minor, one)
            for minor, one in PLACES
            if low <= minor <= high and (not system or (one == "win32") is (system == "win32"))
        }
        names = {} if module.startswith("_") else dict(_varying(module, exists))
        stated = _spelt(exists, set(PLACES))
        if stated or names:
            table[module] = {"": stated, **names} if stated else names
    for module, (stated, names) in LONG_GONE.items():
        table[module] = {**dict.fromkeys(names.split(), stated), **table.get(module, {})}
    for module, names in OF_WINDOWS.items():
        table[module].update(dict.fromkeys(names.split(), "win32"))
    OUT.write_text(json.dumps(table, indent=0, sort_keys=True) + "\n", encoding="utf-8")
    print(len(table), "modules,", sum(map(len, table.values())), "names")


def _read_versions() -> Iterator[tuple[str, tuple[int, int]]]:
    """The modules of the standard library, with the first and the last minor version."""
    for line in (STUBS / "VERSIONS").read_text(encoding="utf-8").splitlines():
        stated = re.match(r"([\w.]+): 3\.(\d+)-(?:3\.(\d+))?", line)
        if stated and not stated[1].startswith(("_typeshed", "typing_extensions")):
            yield stated[1], (int(stated[2]), int(stated[3] or 99))


def _varying(module: str, exists: set[Place]) -> Iterator[tuple[str, str]]:
    """The names of a module that exist in some places where the module exists."""
    path = STUBS.joinpath(*module.split("."))
    stub = path / "__init__.pyi" if path.is_dir() else path.with_suffix(".pyi")
    if not stub.exists():
        return
    bound: dict[str, set[Place]] = {}
    _bind(ast.parse(stub.read_text(encoding="utf-8")).body, exists, bound, module)
    for name, places in sorted(bound.items()):
        if places != exists and not name.startswith("_") and (module, name) not in NOT_SO:
            stated = _spelt(places, exists)
            if stated:
                yield name, stated


def _bind(
    body: Sequence[ast.stmt], places: set[Place], bound: dict[str, set[Place]], module: str
) -> None:
    for node in body:
        if isinstance(node, ast.If):
            try:
                yes = {place for place in places if _value(node.test, place)}
            except UndecidedError:
                yes = places
            _bind(node.body, yes, bound, module)
            _bind(node.orelse, places - yes if yes != places else set(), bound, module)
            continue
        for name in _names(node, module):
            bound.setdefault(name, set()).update(places)


def _names(node: ast.stmt, module: str) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign):
        yield from (one.id for one in node.targets if isinstance(one, ast.Name))
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id
    elif isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            # A stub may only use what it imports; a name too many is a fault too few.
            yield alias.asname or alias.name
        if isinstance(node, ast.ImportFrom) and any(one.name == "*" for one in node.names):
            yield from _starred(node, module)


def _starred(node: ast.ImportFrom, module: str) -> Iterator[str]:
    """The names of a star import; those in `__all__` of the stub that decide by version are not."""
    package = module if (STUBS.joinpath(*module.split("."))).is_dir() else module.rpartition(".")[0]
    source = f"{package}.{node.module}" if node.level else node.module or ""
    path = STUBS.joinpath(*source.split("."))
    stub = path / "__init__.pyi" if path.is_dir() else path.with_suffix(".pyi")
    if stub.exists():
        bound: dict[str, set[Place]] = {}
        _bind(ast.parse(stub.read_text(encoding="utf-8")).body, set(PLACES), bound, source)
        yield from (name for name, places in bound.items() if places == set(PLACES))


def _value(node: ast.expr, place: Place) -> bool:
    minor, system = place
    if isinstance(node, ast.BoolOp):
        values = [_value(one, place) for one in node.values]
        return all(values) if isinstance(node.op, ast.And) else any(values)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return not _value(node.operand, place)
    if isinstance(node, ast.Compare):
        left, right = ast.unparse(node.left), ast.literal_eval(node.comparators[0])
        version = (3, minor)
        if left == "sys.version_info":
            return bool(
                {ast.GtE: version >= right[:2], ast.Lt: version < right[:2]}[type(node.ops[0])]
            )
        if left == "sys.platform":
            return (system == right) is isinstance(node.ops[0], ast.Eq)
    raise UndecidedError


def _spelt(places: set[Place], all_places: set[Place]) -> str:
    """When something exists, in words; empty when it always does or when words do not suffice."""
    if places == all_places or not places:
        return ""
    minors, systems = {one[0] for one in places}, {one[1] for one in places}
    if places != {one for one in all_places if one[0] in minors and one[1] in systems}:
        return ""
    known = sorted({one[0] for one in all_places})
    low = f"3.{min(minors)}" if min(minors) > known[0] else ""
    high = f"3.{max(minors)}" if max(minors) < known[-1] else ""
    version = f"{low}-{high}" if low or high else ""
    here = {one[1] for one in all_places}
    system = ""
    if systems != here:
        system = "unix" if systems == {"linux", "darwin"} else ",".join(sorted(systems))
    return " ".join(filter(None, (version, system)))


if __name__ == "__main__":
    main()
