"""Nothing that a package is or does makes the tool crash: each comes to a verdict with all answers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import BACKEND, PYTHON, Ran, Tool, demo_files, pyproject

from nox_cleanroom.errors import CleanroomError, Code
from nox_cleanroom.places import layout

Make = Callable[..., Path]
SMOKE = f"smoke-{PYTHON}"

#: A backend that lets a project change the files of its wheel before RECORD is written, and after.
ODD_BACKEND = BACKEND.replace(
    "    rows = []\n", "    import odd\n    odd.before(info, files)\n    rows = []\n"
).replace('    wheel = "%s-%s-%s.whl"', '    odd.after(info, files)\n    wheel = "%s-%s-%s.whl"')


@dataclass(frozen=True)
class Odd:
    """A package with something odd about it, and what is said about that."""

    #: What happens to the wheel's files, before RECORD is written.
    before: str = "pass"
    after: str = "pass"
    #: The module that is imported.
    module: str = "def main(): pass\n"
    #: Words of the report; the code that must be among those of the run.
    words: str = ""
    code: str = "PROBE_FAILED"


ODD: dict[str, Odd] = {
    "an exception called print": Odd(
        module="class print(Exception): pass\nraise print('no \\udc80 text')\n", words="print: no "
    ),
    "an exception called like a module's error": Odd(
        module="class ModuleNotFoundError(Exception): pass\nraise ModuleNotFoundError('x')\n",
        words="ModuleNotFoundError: x",
    ),
    "an exception with an odd name": Odd(
        module="raise type('\\udc80 \\x1b[31m', (Exception,), {})('x')\n", words="x"
    ),
    "an exception without words": Odd(
        module="class E(Exception):\n    def __str__(self): raise ValueError\nraise E\n",
        words="cannot be shown",
    ),
    "an exception whose words are none": Odd(
        module="class E(Exception):\n    def __str__(self): return 3\nraise E\n",
        words="cannot be shown",
    ),
    "an import error of nothing": Odd(module="raise ImportError(name=3)\n", words="ImportError"),
    "answers that the package writes": Odd(
        module="import glob, os, sys\n"
        "for path in glob.glob(os.getcwd() + '*.request'):\n"
        "    open(path[:-7] + 'answers', 'w').write(\"{'error': {'type': 3}}\\n[1\\n\")\n"
        "os._exit(0)\n",
        words="ended the interpreter",
    ),
    "tags that are none": Odd(
        before="files[info + '/WHEEL'] += b'Tag: foo\\n'", words="It says foo, py3-none-any"
    ),
    "a marker that cannot be decided": Odd(
        before="files[info + '/METADATA'] += b\"Requires-Dist: idna; os_name ~= 'posix'\\n\"",
        words="requires-dist",
    ),
    "a Requires-Python that is none": Odd(
        before="m = info + '/METADATA'; files[m] = files[m].replace(b'>=3.9', b'three')",
        words="three",
        code="",
    ),
    "metadata of other bytes": Odd(
        before="files[info + '/METADATA'] += b'Name: else\\nKeywords: \\xff\\n\\n\\xff\\xfe\\0'",
        words="METADATA says",
        code="",
    ),
    "entry points without a section": Odd(
        before="files[info + '/entry_points.txt'] = b'demo = demo:main\\n'",
        words="entry_points.txt",
        code="",
    ),
    "a RECORD that leads to a device": Odd(
        after="files[info + '/RECORD'] += b'/dev/zero,sha256=x,1\\n'", words="dev/zero", code=""
    ),
    "a RECORD that leads elsewhere": Odd(
        after="files[info + '/RECORD'] += b'../../../../etc/passwd,sha256=x,1\\n'",
        words="etc/passwd",
        code="",
    ),
    "a RECORD that is no table": Odd(
        after="files[info + '/RECORD'] += b'x' * 200000 + b',,\\n'", words="RECORD", code=""
    ),
    "a file whose name is not ASCII": Odd(
        before="files['demo/n\\u00e4me \\u2028.py'] = b'x = ('; files['demo/\\x1b[31m.txt'] = b''",
        words="",
        code="",
    ),
}  # fmt: skip


def odd_package(make: Make, odd: Odd) -> Path:
    hooks = (
        f"def before(info, files):\n    {odd.before}\ndef after(info, files):\n    {odd.after}\n"
    )
    return make(
        {**demo_files(), "in_tree_backend.py": ODD_BACKEND, "odd.py": hooks, "src/demo/__init__.py": odd.module}
    )  # fmt: skip


#: The checks that always say something about a package with modules.
COMMON = {
    "imports",
    "import statements",
    "bytecode",
    "metadata",
    "record",
    "contents",
    "readme",
    "dependencies",
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_an_odd_package_comes_to_a_verdict(repository: Make, cleanroom: Tool, odd: Odd) -> None:
    ran = cleanroom(odd_package(repository, odd), SMOKE)
    assert "INTERNAL" not in ran.text
    assert "GIT_FAILED" not in ran.text
    assert "Traceback (most recent call last):\n  File" not in ran.err
    assert odd.words in ran.text
    assert ran.status in ({1} if odd.code else {0, 1}), ran.text
    if odd.code:
        assert odd.code in ran.evidence["codes"]
    (cell,) = ran.evidence["cells"]
    if not cell["problems"]:
        assert {one["probe"] for one in cell["probes"]} >= COMMON


HOPELESS = "a = " + "[" * 50_000


def test_a_pyproject_without_bounds_is_said_to_be_no_toml(
    repository: Make, cleanroom: Tool
) -> None:
    ran = cleanroom(repository(demo_files(**{"pyproject.toml": HOPELESS})), SMOKE)
    assert "is not valid TOML" in ran.text
    assert ran.status == 2
    assert "Traceback" not in ran.text


def test_a_pyproject_without_bounds_that_is_not_committed_is_not_what_is_tested(
    repository: Make, cleanroom: Tool
) -> None:
    root = repository()
    (root / "pyproject.toml").write_text(HOPELESS)
    assert cleanroom(root, SMOKE).status == 0


def test_a_source_distribution_with_another_pyproject_is_the_builds_fault(
    repository: Make, cleanroom: Tool
) -> None:
    backend = BACKEND.replace(
        '            archive.add(name, base + "/" + name)\n',
        "            if name == 'pyproject.toml':\n"
        "                open('deep', 'w').write('a = ' + '[' * 50000)\n"
        "                archive.add('deep', base + '/' + name)\n"
        "            else:\n"
        '                archive.add(name, base + "/" + name)\n',
    )
    ran = cleanroom(
        repository({**demo_files(), "in_tree_backend.py": backend}),
        "matrix",
        "--",
        "--pythons",
        PYTHON,
    )
    assert "is not valid TOML" in ran.text
    assert "INTERNAL" not in ran.text


@pytest.fixture
def _disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """The user's cache on a disk of its own, of so many megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", request.param, "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only where a file system can be mounted")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=False)


def in_cache(cleanroom: Tool, root: Path, cache: Path, tmp: Path) -> Ran:
    places = {
        "XDG_CACHE_HOME": str(cache),
        "TMPDIR": str(tmp),
        "UV_CACHE_DIR": str(root.parent / "uv"),
    }
    return cleanroom(root, SMOKE, env=places)


@pytest.mark.parametrize("_disk", ["size=3m", "size=1m", "size=100k"], indirect=True)
def test_a_nearly_full_disk_is_said_to_be_full(
    repository: Make, cleanroom: Tool, _disk: Path
) -> None:
    root = repository(demo_files(**{"src/demo/data.bin": "x" * 4_000_000}))
    ran = in_cache(cleanroom, root, _disk, _disk)
    assert "NO_SPACE" in ran.text
    assert ran.status == 3, ran.text


@pytest.mark.parametrize("_disk", ["size=3m,ro"], indirect=True)
def test_where_only_the_cache_cannot_be_written_to_another_place_serves(
    repository: Make, cleanroom: Tool, _disk: Path, tmp_path: Path
) -> None:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "file").write_text("")
    for cache in (_disk, tmp_path / "file"):
        root = repository(name=f"checkout-{cache.name}")
        assert in_cache(cleanroom, root, cache, tmp_path / "tmp").status == 0


def test_an_installer_that_cannot_write_is_not_the_packages_fault(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    ran = cleanroom(repository(), SMOKE, env={"UV_CACHE_DIR": str(tmp_path / "file" / "x")})
    assert ran.status == 3, ran.text


def test_a_file_in_place_of_the_users_cache_is_said_to_be_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(layout, "_candidates", lambda: [(tmp_path / "file", "nox-cleanroom")])
    with pytest.raises(CleanroomError, match="can be written to") as raised:
        layout.cache_directory("projects")
    assert raised.value.code is Code.NOT_WRITABLE


def test_a_file_in_place_of_the_evidences_directory_is_said_to_be_in_the_way(
    repository: Make, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    words = ("--", "--report-dir", str(tmp_path / "file" / "reports"))
    done = subprocess.run(
        [sys.executable, "-m", "nox_cleanroom", SMOKE, *words],
        cwd=repository(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert "NOT_WRITABLE: The evidence cannot be written" in done.stderr
    # It is said before anything is built.
    assert done.stdout == ""


def test_nox_says_nothing_of_the_length_of_a_path_where_it_makes_nothing(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    root = repository()
    for length in (60, 120):
        ran = cleanroom(root, SMOKE, env={"XDG_CACHE_HOME": str(tmp_path / ("x" * length))})
        assert (ran.status, "virtualenv" in ran.text) == (0, False), ran.text


def test_an_index_that_is_not_there_is_not_the_packages_fault(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    root = repository(demo_files(**{"pyproject.toml": pyproject(dependencies=["no-such-package"])}))
    cases = ({"UV_OFFLINE": "1"}, {"UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple"})
    for env in cases:
        own = {"UV_CACHE_DIR": str(tmp_path / "uv"), "UV_HTTP_RETRIES": "0", "UV_NO_CONFIG": "1"}
        ran = cleanroom(root, SMOKE, env={**own, "PIP_CONFIG_FILE": os.devnull, **env})
        assert ran.status == 3, ran.text
        assert ran.evidence["codes"] == ["NETWORK"]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such shell")
@pytest.mark.parametrize("end", ["| head -1", "| true", ">&-", ">/dev/full"])
def test_who_does_not_read_on_gets_no_traceback(repository: Callable[..., Path], end: str) -> None:
    root = repository(demo_files(**{"src/demo/__init__.py": "import absent\n"}))
    line = f'"{sys.executable}" -m nox_cleanroom {SMOKE} {end}; echo "status $?" >&2'
    done = subprocess.run(["sh", "-c", line], cwd=root, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert "status 1" in done.stderr or "|" in end
    # It says so, as the report is gone.
    assert "PROBE_FAILED" in done.stderr


def test_quiet_says_why_nothing_was_tested(repository: Callable[..., Path]) -> None:
    root = repository()
    command = [sys.executable, "-m", "nox_cleanroom", SMOKE, "-q", "--report-dir", "reports"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("nox-cleanroom: EVIDENCE_ROOT_NOT_IGNORED: ")
