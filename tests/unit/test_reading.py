"""What is read in the text of modules: which imports lead nowhere, and what leads where."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import write_files

MODULES = ("locating", "text", "conditions", "scopes")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def read(place: Path, code: str, **others: str) -> dict[str, Any]:
    """What is said about `pkg.mod` with this code, in a package with other modules."""
    files = {"pkg/__init__.py": "", "pkg/mod.py": code, "pkg/there.py": "NAME = 1\n"}
    write_files(place, {**files, **{f"pkg/{name}.py": text for name, text in others.items()}})
    for name in MODULES:
        sys.modules.pop(f"nox_cleanroom.inside.{name}", None)
    importlib.import_module("nox_cleanroom.inside.locating").OWN.add("pkg")
    said: dict[str, Any] = importlib.import_module("nox_cleanroom.inside.scopes").read(
        str(place / "pkg" / "mod.py")
    )
    return said


def missing(place: Path, code: str, **others: str) -> list[str]:
    said = read(place, code, **others)
    return [found["what"] for found in said["unresolved"]]


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("import absent", "absent"),
        ("import absent.deeper as a", "absent"),
        ("from absent import x", "absent"),
        ("import pkg.absent.deeper", "pkg.absent"),
        ("from . import absent", "pkg.absent"),
        ("from .absent import x", "pkg.absent"),
        ("from .there import GONE", "pkg.there.GONE"),
        ("def f():\n    import absent", "absent"),
        ("class C:\n    def m(self):\n        from . import absent", "pkg.absent"),
        ("try:\n    import absent\nexcept ValueError:\n    pass", "absent"),
        ("try:\n    import absent\nexcept ImportError:\n    import other", "other"),
        ("if True:\n    import absent", "absent"),
        ("import sys\nif sys.version_info >= (3, 8):\n    import absent", "absent"),
        ("import xml.absent", "xml.absent"),
        ("while True:\n    import absent", "absent"),
    ],
)
def test_what_leads_nowhere_is_found(place: Path, code: str, what: str) -> None:
    assert missing(place, code) == [what]


@pytest.mark.parametrize(
    "code",
    [
        "import os.path, xml.etree.ElementTree, concurrent.futures, collections.abc",
        "from . import there\nfrom .there import NAME\nimport pkg.there",
        "from __future__ import annotations",
        "try:\n    import absent\nexcept ImportError:\n    absent = None",
        "try:\n    import absent\nexcept (ValueError, ModuleNotFoundError):\n    pass",
        "try:\n    import absent\nexcept:\n    pass",
        "try:\n    import json\nexcept ImportError:\n    import absent as json",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import absent",
        "import typing as t\nif t.TYPE_CHECKING:\n    import absent",
        "import contextlib\nwith contextlib.suppress(ImportError):\n    import absent",
        "import sys\nif sys.version_info < (3, 8):\n    import absent",
        "import sys\nPY2 = sys.version_info[0] == 2\nif PY2:\n    import absent",
        "import sys\nif sys.platform == 'absent' and not x:\n    import absent",
        "import sys\nif sys.platform.startswith('absent'):\n    import absent",
        "import os\nif os.name == 'absent':\n    import absent",
        "def f():\n    return\n    import absent",
    ],
)
def test_what_is_guarded_or_there_is_not(place: Path, code: str) -> None:
    assert missing(place, code) == []


@pytest.mark.parametrize(
    "other",
    [
        "def __getattr__(name): return 1\n",
        "globals()['GONE'] = 1\n",
        "import sys\nsys.modules[__name__] = object()\n",
        "from os.path import *\nfrom .there import *\n__path__ = []\n",
        "global GONE\n",
        "for GONE in range(3): pass\n",
        "class GONE: pass\n",
        "try:\n    import json as GONE\nexcept ImportError:\n    GONE = None\n",
        "with open(__file__) as GONE: pass\n",
    ],
)
def test_a_name_that_may_be_there_is_not_missed(place: Path, other: str) -> None:
    assert missing(place, "from .other import GONE", other=other) == []


def test_a_flag_that_is_set_where_an_import_may_fail_is_not_known(place: Path) -> None:
    code = "try:\n    import absent\n    HAS = True\nexcept ImportError:\n    HAS = False\n"
    said = read(place, f"{code}if HAS:\n    import absent.deeper")
    assert [found["sure"] for found in said["unresolved"]] == [False]


def test_calls_and_imports_lead_on(place: Path) -> None:
    code = "from .there import run\ndef main():\n    helper()\ndef helper():\n    import pkg.late\n"
    said = read(place, code, late="", there="def run(): pass\n")
    ways = {(edge["scope"], edge["to"], edge["to_scope"]) for edge in said["edges"]}
    assert ("main", "pkg.mod", "helper") in ways
    assert ("helper", "pkg.late", "") in ways
    assert ("run", "pkg.there", "run") in ways


def test_a_namespace_in_a_namespace_is_found(place: Path) -> None:
    write_files(place, {"far/deep/real/__init__.py": "", "far/deep/real/mod.py": ""})
    code = "import far.deep.real.mod\nfrom far.deep import real\nimport far.deep.absent"
    assert missing(place, code) == ["far.deep.absent"]


def test_what_does_not_compile_says_where(place: Path) -> None:
    said = read(place, "x = 1\nreturn 3\n")
    assert said["line"] == 2
    assert "SyntaxError" in said["problem"]


def test_nothing_is_run(place: Path) -> None:
    read(place, "raise SystemExit\n", there="raise SystemExit\n")
    assert "pkg.mod" not in sys.modules
    assert "pkg.there" not in sys.modules
