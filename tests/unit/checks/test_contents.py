"""What is in a wheel and does not belong there, and what belongs there and is not in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from values import DEMO, FILENAME, INFO, Says, look, tracked, wheel

from nox_cleanroom.findings import Finding
from nox_cleanroom.probes.traces import Traces

NAME = "contents"
SAYS = Says(NAME)
FINE = [SAYS.passed(FILENAME)]
WHERE = "Tell the build backend where the package is."
LEAVE_OUT = "Leave it out of the wheel; where packages are found is set for the backend."
CHMOD = "Fix the permissions of the file (`chmod 644`) where the wheel is built."

HEALTHY: dict[str, Any] = {
    "wheel": wheel(),
    "tracked": tracked("src/demo/__init__.py"),
    "traces": Traces(found={}),
}


def holding(*names: str, **more: Any) -> dict[str, Any]:
    return {"wheel": wheel(dict.fromkeys(names, ""), **more)}


def top(name: str, what: str) -> Finding:
    return SAYS.warned(name, f"The wheel installs a top-level `{name}`, {what}.", hint=LEAVE_OUT)


LINUX = "cp311-cp311-linux_x86_64"
COMPILED = "demo/_speed.cpython-311-x86_64-linux-gnu.so"

CASES: dict[str, tuple[dict[str, Any], list[Finding]]] = {
    "healthy": ({}, FINE),
    "it is empty, and the commit has a package": (
        holding(),
        [
            SAYS.failed(
                FILENAME,
                "The wheel is empty: it installs no file, and the commit has src/demo.",
                hint=WHERE,
            )
        ],
    ),
    "it is empty, and the project below has a package": (
        {**holding(), "tracked": tracked("lib/demo/__init__.py", subdirectory="lib")},
        [
            SAYS.failed(
                FILENAME,
                "The wheel is empty: it installs no file, and the commit has demo.",
                hint=WHERE,
            )
        ],
    ),
    "it is empty, and requires something": (
        {**holding(metadata="Requires-Dist: other\n"), "tracked": tracked("tests/__init__.py")},
        [SAYS.passed(FILENAME, "It installs no file, only its requirements.")],
    ),
    "it is empty, and another project of the repository has a package": (
        {
            **holding(metadata='Requires-Dist: other; python_version < "4"\n'),
            "tracked": tracked(
                "other/demo/__init__.py", "src/demo/__init__.py", subdirectory="lib"
            ),
        },
        [SAYS.passed(FILENAME, "It installs no file, only its requirements.")],
    ),
    "it is empty, and only an extra requires something": (
        {**holding(metadata='Requires-Dist: other; extra == "x"\n'), "tracked": tracked()},
        [
            SAYS.failed(
                FILENAME,
                "The wheel is empty: it installs no file and has no requirement.",
                hint=WHERE,
            )
        ],
    ),
    "tests at the top": (
        holding("demo/__init__.py", "tests/__init__.py"),
        [
            SAYS.warned(
                "tests",
                "The wheel installs a top-level `tests`, a name that every other package could"
                " take; it was not imported.",
                hint=LEAVE_OUT,
            )
        ],
    ),
    "src at the top": (
        holding("src/__init__.py"),
        [
            SAYS.warned(
                "src",
                "The wheel installs a top-level `src`, a name that every other package could take.",
                hint=LEAVE_OUT,
            )
        ],
    ),
    "a package that is called tools and nothing else": (holding("tools/__init__.py"), FINE),
    "the stub of a module at the top": (holding("_demo_version.py", "_demo_version.pyi"), FINE),
    "a stub at the top, of nothing": (
        holding("demo/__init__.py", "other.pyi"),
        [top("other.pyi", "a file that any other distribution may replace")],
    ),
    "a README at the top": (
        holding("demo/__init__.py", "README.md"),
        [top("README.md", "a file that any other distribution may replace")],
    ),
    "a directory of data at the top": (
        holding("demo/__init__.py", "licenses/MIT.txt"),
        [top("licenses", "a directory without a module")],
    ),
    "benchmarks with an underscore at the top": (
        holding("demo/__init__.py", "_benchmarks/speed.py"),
        [
            top(
                "_benchmarks",
                "a name that every other package could take; it was not imported",
            )
        ],
    ),
    "examples that cannot be imported": (
        holding("demo/__init__.py", "examples/01_first.py"),
        [top("examples", "a name that every other package could take")],
    ),
    "what belongs to the top": (
        holding("demo/__init__.py", "demo.pth", "demo.libs/libx.so.1", "demo-stubs/a.pyi", "b.py"),
        FINE,
    ),
    "stubs only": (holding("demo-stubs/__init__.pyi"), FINE),
    "data in the scheme for it": (
        holding("demo/__init__.py", "demo-1.0.data/data/share/x.txt"),
        FINE,
    ),
    "names that Windows reserves": (
        holding("demo/__init__.py", "demo/aux.py", "demo/data/log:1.txt", "demo/auxiliary.py"),
        [
            SAYS.warned(
                name,
                "Windows cannot have a file of this name, so nobody can install the wheel there.",
                hint="Rename it.",
            )
            for name in ("demo/aux.py", "demo/data/log:1.txt")
        ],
    ),
    "names that Windows reserves, in a wheel for Linux": (
        holding("demo/__init__.py", "demo/aux.py", "demo/A.txt", "demo/a.txt", tag=LINUX),
        [SAYS.passed(f"demo-1.0-{LINUX}.whl")],
    ),
    "names that differ by case": (
        holding("demo/__init__.py", "demo/Data.txt", "demo/data.txt"),
        [
            SAYS.warned(
                "demo/data.txt",
                "Only its case differs from that of demo/Data.txt; on Windows and macOS, one"
                " replaces the other.",
                hint="Rename one of them.",
            )
        ],
    ),
    "a file twice": (
        {"wheel": replace(wheel(), files=(*wheel().files, wheel().files[-2]))},
        [
            SAYS.warned(
                wheel().files[-2].name,
                "It is in the archive more than once, and some installers and indexes refuse that.",
                hint="Two settings of the backend include it; drop one.",
            )
        ],
    ),
    "a pointer of git-lfs": (
        {"traces": Traces(found={}, lfs_pointers=("demo/data.csv",))},
        [
            SAYS.failed(
                "demo/data.csv",
                "It is a pointer of git-lfs, and not the file that it stands for.",
                hint="Install git-lfs, and fetch the files with `git lfs pull` before the build;"
                " actions/checkout does that with `lfs: true`.",
            )
        ],
    ),
    "libraries for several systems": (
        holding("demo/__init__.py", "demo/fast.so", "demo/fast.dll"),
        FINE,
    ),
    "licence files that old versions of setuptools put into one directory": (
        {
            "wheel": wheel(
                {**DEMO, f"{INFO}/LICENSE": ""},
                metadata="License-File: LICENSE\nLicense-File: demo/_vendor/a/LICENSE\n",
            )
        },
        FINE,
    ),
    "tests inside of the package": (holding("demo/__init__.py", "demo/tests/__init__.py"), FINE),
    "compiled, and tagged for everywhere": (
        holding("demo/__init__.py", COMPILED),
        [
            SAYS.failed(
                FILENAME,
                f"Its tags say that it runs anywhere, and {COMPILED} was compiled for one platform.",
                hint="The backend, or an option of it, sets the wrong tags.",
            )
        ],
    ),
    "compiled, and tagged for its platform": (
        holding("demo/__init__.py", COMPILED, tag=LINUX),
        [SAYS.passed(f"demo-1.0-{LINUX}.whl")],
    ),
    "compiled for another Python": (
        holding("demo/__init__.py", "demo/_speed.cp310-win_amd64.pyd", tag="cp311-cp311-win_amd64"),
        [
            SAYS.failed(
                "demo/_speed.cp310-win_amd64.pyd",
                "It was compiled for CPython 310, and the wheel's tags say cp311.",
                hint="A stale file of another build may have got in.",
            )
        ],
    ),
    "compiled for a Python without a lock": (
        holding(
            "demo/__init__.py",
            "demo/_speed.cpython-313t-x86_64-linux-gnu.so",
            tag="cp313-cp313t-linux_x86_64",
        ),
        [SAYS.passed("demo-1.0-cp313-cp313t-linux_x86_64.whl")],
    ),
    "compiled for the stable ABI": (
        holding("demo/__init__.py", "demo/_speed.abi3.so", tag="cp38-abi3-linux_x86_64"),
        [SAYS.passed("demo-1.0-cp38-abi3-linux_x86_64.whl")],
    ),
    "a library that is no module": (holding("demo/__init__.py", "demo.libs/libx-1.so"), FINE),
    "WHEEL and the file's name say different tags": (
        {"wheel": wheel({**DEMO, f"{INFO}/WHEEL": "Wheel-Version: 1.0\nTag: py2.py3-none-any\n"})},
        [
            SAYS.failed(
                "WHEEL",
                "It says py2-none-any, py3-none-any, the file's name py3-none-any.",
                hint="A tool that renames a wheel must also rewrite WHEEL: `wheel tags` does.",
            )
        ],
    ),
    "WHEEL says no tags": (
        {"wheel": wheel({**DEMO, f"{INFO}/WHEEL": "Wheel-Version: 1.0\n"})},
        FINE,
    ),
    "everybody may write": (
        {"wheel": wheel(modes={"demo/__init__.py": 0o100666, f"{INFO}/METADATA": 0o100666})},
        [
            SAYS.warned(
                f"{INFO}/METADATA",
                "Its permissions in the wheel are 666: everybody may write it (and 1 more are like"
                " it).",
                hint=CHMOD,
            )
        ],
    ),
    "the owner may not read": (
        {"wheel": wheel(modes={"demo/__init__.py": 0o100044})},
        [
            SAYS.warned(
                "demo/__init__.py",
                "Its permissions in the wheel are 44: its owner may not read it.",
                hint=CHMOD,
            )
        ],
    ),
    "no permissions are stated": ({"wheel": wheel(modes={"demo/__init__.py": 0o100000})}, FINE),
    "a licence file that is stated and not there": (
        {"wheel": wheel(metadata="License-File: LICENSE\n")},
        [
            SAYS.warned(
                "LICENSE",
                "METADATA names it as a licence file, and it is not in the wheel.",
                hint="Is it in the commit? Does `license-files` match it?",
            )
        ],
    ),
    "a licence file beside METADATA": (
        {"wheel": wheel({**DEMO, f"{INFO}/LICENSE": ""}, metadata="License-File: LICENSE\n")},
        FINE,
    ),
    "a licence file where the newest standard has it": (
        {
            "wheel": wheel(
                {**DEMO, f"{INFO}/licenses/x/LICENSE": ""}, metadata="License-File: x/LICENSE\n"
            )
        },
        FINE,
    ),
    "a path of the build": (
        {"traces": Traces(found={"demo/config.py": "/home/me/demo"})},
        [
            SAYS.warned(
                "demo/config.py",
                "It holds the path of the directory it was built in, /home/me/demo, which no user"
                " has.",
                hint="The code that writes it at build time should write a relative path.",
            )
        ],
    ),
}


@pytest.mark.parametrize(("values", "findings"), CASES.values(), ids=CASES)
def test_contents(values: dict[str, Any], findings: list[Finding]) -> None:
    assert look(NAME, HEALTHY, **values) == findings
