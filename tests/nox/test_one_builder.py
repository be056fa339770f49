"""Who builds: the same Python whichever session asks, so that no verdict depends on who is first.

The kind was reported of many projects: a wheel has the requirements of the Python that built it
(hylang/hy#2111, JonathonReinhart/staticx#45).
"""

from __future__ import annotations

import json
import sysconfig
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from conftest import (
    HIDING_BACKEND,
    Ran,
    Tool,
    commit_all,
    demo_files,
    make_wheel,
    pyproject,
    write_files,
)

Make = Callable[..., Path]


def project(pythons: list[str], *, tool: str = "", **changes: str) -> dict[str, str]:
    table = f"[tool.nox-cleanroom]\npythons = {json.dumps(pythons)}\n{tool}"
    text = pyproject(tool=table, scripts={"demo": "demo:main"}, **{"requires-python": ">=3.2"})
    return demo_files(**{"pyproject.toml": text, **changes})


def builders(ran: Ran) -> dict[str, str]:
    """The Python that built each cell's wheel."""
    return {
        cell["python"]: cell["wheel"]["built_with"].rpartition(".")[0]
        for cell in ran.evidence["cells"]
        if cell["wheel"]
    }


def steps(ran: Ran, name: str) -> int:
    return sum(step["name"] == name for cell in ran.evidence["cells"] for step in cell["steps"])


def probes(ran: Ran, name: str) -> list[dict[str, Any]]:
    cells = ran.evidence["cells"]
    return [one for cell in cells for one in cell["probes"] if one["probe"] == name]


#: A backend, and what it does when it is not the newest, or the oldest, Python that builds.
BACKEND = demo_files()["in_tree_backend.py"]


def conditional(python: str, line: str = "Requires-Dist: needed") -> str:
    """A backend with one line more in METADATA when a certain Python builds."""
    return BACKEND.replace(
        '    lines += ["Requires-Dist: " + one',
        f'    lines += ["{line}"] * ("%d.%d" % sys.version_info[:2] == "{python}")\n'
        '    lines += ["Requires-Dist: " + one',
        1,
    )


def test_the_newest_python_builds_for_all(
    repository: Make, cleanroom: Tool, several: list[str]
) -> None:
    oldest, newest = several[0], several[-1]
    root = repository(project(several))
    ran = cleanroom(root, f"smoke-{oldest}")
    assert ran.status == 0, ran.text
    assert builders(ran) == {oldest: newest}
    assert f"built with Python {newest}" in ran.err
    again = cleanroom(root, "matrix", "--", "--rebuild")
    assert builders(again) == dict.fromkeys(several, newest)
    (compared,) = probes(again, "sdist")
    assert compared["outcome"] == "PASSED"
    # One comparison is enough when nothing differs.
    assert probes(again, "builder") == []
    assert steps(again, "build sdist") <= 2


@pytest.mark.parametrize("who", ["oldest", "newest"])
def test_what_depends_on_the_builder_is_found_whoever_asks_first(
    repository: Make, cleanroom: Tool, several: list[str], tmp_path: Path, who: str
) -> None:
    oldest, newest = several[0], several[-1]
    links = make_wheel(tmp_path / "links", {"needed.py": ""}, name="needed").parent
    needy = {"oldest": oldest, "newest": newest}[who]
    files = project([oldest, newest], **{"in_tree_backend.py": conditional(needy)})
    verdicts = []
    for first in (None, f"smoke-{oldest}", f"smoke-{newest}"):
        root = repository(files, name=f"checkout-{first}")
        options = ("--", "--find-links", str(links))
        if first:
            assert cleanroom(root, first, *options).status == 0
        ran = cleanroom(root, "matrix", *options)
        verdicts.append(
            (
                ran.status,
                [one["outcome"] for name in ("sdist", "builder") for one in probes(ran, name)],
            )
        )
    assert verdicts == [(1, ["PASSED", "FAILED"])] * 3
    (finding,) = probes(ran, "builder")
    assert "requirement `needed`" in finding["message"]
    assert f"Built by Python {oldest}" in finding["message"]


def test_a_cell_that_lacks_what_only_its_own_builder_knew_fails(
    repository: Make, cleanroom: Tool, several: list[str], tmp_path: Path
) -> None:
    oldest, newest = several[0], several[-1]
    links = make_wheel(tmp_path / "links", {"needed.py": ""}, name="needed").parent
    code = f"import sys\nif '%d.%d' % sys.version_info[:2] == '{oldest}':\n    import needed\ndef main(): pass\n"
    files = {"in_tree_backend.py": conditional(oldest), "src/demo/__init__.py": code}
    root = repository(project([oldest, newest], **files))
    options = ("--", "--find-links", str(links))
    statuses = [
        cleanroom(root, session, *options).status
        for session in (f"smoke-{oldest}", f"smoke-{newest}", f"smoke-{oldest}")
    ]
    assert statuses == [1, 0, 1]


def test_what_the_sdist_lacks_is_no_matter_of_the_builder(
    repository: Make, cleanroom: Tool, several: list[str]
) -> None:
    files = {"in_tree_backend.py": HIDING_BACKEND, "src/demo/_hidden.py": ""}
    ran = cleanroom(repository(project(several, **files)), "matrix")
    assert ran.status == 1
    assert [one["outcome"] for one in probes(ran, "sdist")] == ["FAILED"]
    assert [one["outcome"] for one in probes(ran, "builder")] == ["PASSED"]


def test_both_are_told_apart(repository: Make, cleanroom: Tool, several: list[str]) -> None:
    oldest = several[0]
    backend = HIDING_BACKEND.replace(BACKEND, "").replace(
        '    lines += ["Requires-Dist: " + one',
        f'    lines += ["Keywords: old"] * ("%d.%d" % sys.version_info[:2] == "{oldest}")\n'
        '    lines += ["Requires-Dist: " + one',
        1,
    )
    files = {"in_tree_backend.py": backend, "src/demo/_hidden.py": ""}
    ran = cleanroom(repository(project(several, **files)), "matrix")
    (sdist,), (builder,) = probes(ran, "sdist"), probes(ran, "builder")
    assert "lacks demo/_hidden.py" in sdist["message"]
    assert "keyword" not in sdist["message"]
    assert "has the further keyword `old`" in builder["message"]
    assert "_hidden" not in builder["message"]


def test_a_finding_about_the_builder_can_be_waived(
    repository: Make, cleanroom: Tool, several: list[str]
) -> None:
    waiver = 'ignore = [{ finding = "builder:wheel", reason = "we release from it only" }]\n'
    backend = conditional(several[0], "Keywords: old")
    root = repository(project(several, tool=waiver, **{"in_tree_backend.py": backend}))
    ran = cleanroom(root, "matrix")
    assert ran.status == 0, ran.text
    assert "waived: " in ran.out


def test_the_python_of_a_cell_builds_what_serves_only_that_one(
    repository: Make, cleanroom: Tool, several: list[str]
) -> None:
    oldest, newest = several[0], several[-1]
    root = repository(project(several, PER_INTERPRETER=""))
    assert builders(cleanroom(root, "matrix")) == {python: python for python in several}
    # It is known by now, and no other builds in vain.
    write_files(root, {"README": "text\n"})
    commit_all(root)
    ran = cleanroom(root, f"smoke-{oldest}")
    assert builders(ran) == {oldest: oldest}
    # A backend that lies in the project is asked in one process and builds in another.
    assert steps(ran, "build wheel") == 2
    # The project has changed: now the newest builds, after all.
    (root / "PER_INTERPRETER").unlink()
    commit_all(root)
    assert builders(cleanroom(root, f"smoke-{oldest}")) == {oldest: newest}


def test_a_project_with_sources_to_compile_is_not_built_by_another_python_first(
    repository: Make, cleanroom: Tool, several: list[str]
) -> None:
    oldest = several[0]
    root = repository(project(several, PER_INTERPRETER="", **{"src/_demo.c": "int x;\n"}))
    ran = cleanroom(root, f"smoke-{oldest}")
    assert builders(ran) == {oldest: oldest}
    assert steps(ran, "build wheel") == 2


def test_a_wrong_guess_decides_nothing(
    repository: Make, cleanroom: Tool, several: list[str]
) -> None:
    # Not a line of it is compiled, and only the newest Python can build it.
    oldest, newest = several[0], several[-1]
    refuses = f"import sys\nassert '%d.%d' % sys.version_info[:2] == '{newest}', 'not with me'\n"
    files = project(several, **{"on_build.py": refuses, "tests/data.c": "int x;\n"})
    ran = cleanroom(repository(files), f"smoke-{oldest}")
    assert ran.status == 0, ran.text
    assert builders(ran) == {oldest: newest}


def test_when_no_python_can_build_the_cells_own_says_why(
    repository: Make, cleanroom: Tool, several: list[str]
) -> None:
    says = "import sys\nraise ValueError('not with %d.%d' % sys.version_info[:2])\n"
    for data in ("data.txt", "data.c"):
        files = project(several, **{"on_build.py": says, f"tests/{data}": ""})
        ran = cleanroom(repository(files, name=data), f"smoke-{several[0]}")
        assert ran.evidence["codes"] == ["BUILD_FAILED"]
        assert f"not with {several[0]}" in ran.evidence["cells"][0]["problems"][0]["output"]


def test_a_licence_that_the_sdist_lacks_is_missed(
    repository: Make, cleanroom: Tool, several: list[str]
) -> None:
    # The sdist of this backend has no LICENSE, which its wheels have where there is one.
    backend = BACKEND.replace(
        "    rows = []\n",
        '    if os.path.exists("LICENSE"):\n'
        '        files[info + "/METADATA"] += b"License-File: LICENSE\\n"\n'
        '        files[info + "/licenses/LICENSE"] = b"Do what you like."\n'
        "    rows = []\n",
        1,
    )
    ran = cleanroom(
        repository(project(several, LICENSE="", **{"in_tree_backend.py": backend})), "matrix"
    )
    (result,) = (one for one in probes(ran, "sdist"))
    assert "lacks the licence file LICENSE" in result["message"], ran.text


@pytest.mark.parametrize("session", ["matrix", "smoke"])
def test_the_oldest_python_builds_for_the_stable_abi(
    repository: Make, cleanroom: Tool, several: list[str], session: str
) -> None:
    oldest = several[0]
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    own_tag = f'"cp%d%d-abi3-{platform}" % sys.version_info[:2]'
    tag = BACKEND.replace('"py3-none-any"', own_tag)
    root = repository(project(several, **{"in_tree_backend.py": tag}))
    asked = several if session == "matrix" else several[-1:]
    for _ in range(2):
        ran = cleanroom(root, "matrix" if session == "matrix" else f"smoke-{several[-1]}")
        assert ran.status == 0, ran.text
        assert builders(ran) == dict.fromkeys(asked, oldest)


def test_a_build_that_only_the_newest_python_refuses_is_the_newest_ones_fault(
    repository: Make, cleanroom: Tool, several: list[str]
) -> None:
    oldest, newest = several[0], several[-1]
    refuses = f"import sys\nassert '%d.%d' % sys.version_info[:2] != '{newest}', 'not with me'\n"
    root = repository(project(several, **{"on_build.py": refuses}))
    ran = cleanroom(root, f"smoke-{oldest}")
    assert ran.status == 0, ran.text
    assert builders(ran) == {oldest: oldest}
    assert f"note: Python {newest}" in ran.err
    everywhere = cleanroom(root, "matrix")
    outcomes = {cell["python"]: cell["outcome"] for cell in everywhere.evidence["cells"]}
    assert outcomes[newest] == "FAILED"
    assert {outcomes[python] for python in several[:-1]} == {"PASSED"}
    # What failed for one cell is not tried by the next: each Python builds once.
    # The oldest one's wheel is at hand.
    assert steps(everywhere, "build wheel") == 2 * (len(several) - 1)


def test_build_requirements_that_the_oldest_python_has_not_are_no_failure(
    repository: Make, cleanroom: Tool, several: list[str], tmp_path: Path
) -> None:
    second = several[1]
    links = tmp_path / "links"
    make_wheel(links, {"maker.py": ""}, name="maker", metadata=f"Requires-Python: >={second}\n")
    text = project(several)["pyproject.toml"].replace("requires = []", 'requires = ["maker"]')
    root = repository(project(several, **{"pyproject.toml": text}))
    ran = cleanroom(root, "matrix", "--", "--find-links", str(links))
    assert ran.status == 0, ran.text
    assert [one["outcome"] for one in probes(ran, "sdist")] == ["PASSED"]
    assert f"note: Python {several[0]}" in ran.err
    assert "What the build requires could not be installed" in ran.err


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Path]:
    """The directory of an index that is served, of which no run knows what it has on offer."""
    root = tmp_path / "index"
    root.mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        (root / "url").write_text(f"http://127.0.0.1:{server.server_address[1]}/")
        yield root
        server.shutdown()


def test_both_builds_use_the_same_versions_where_they_can(
    repository: Make, cleanroom: Tool, several: list[str], index: Path
) -> None:
    # As when a new release of the backend comes out between two runs, which writes more.
    backend = BACKEND.replace(
        '    lines += ["Requires-Dist: " + one',
        "    import maker\n    lines += ['Keywords: ' + maker.MORE] * bool(maker.MORE)\n"
        '    lines += ["Requires-Dist: " + one',
        1,
    )
    text = project(several)["pyproject.toml"].replace("requires = []", 'requires = ["maker"]')
    files = {"pyproject.toml": text, "in_tree_backend.py": backend}
    root = repository(project(several, **files))
    url = (index / "url").read_text()
    env = {"PIP_INDEX_URL": url, "UV_INDEX_URL": url, "UV_NO_CACHE": "1", "PIP_NO_CACHE_DIR": "1"}
    for version, more in (("1.0", ""), ("2.0", "new")):
        make_wheel(
            index / "maker", {"maker.py": f"MORE = {more!r}\n"}, name="maker", version=version
        )
        session = f"smoke-{several[0]}" if version == "1.0" else "matrix"
        ran = cleanroom(root, session, env=env)
        assert ran.status == 0, ran.text
    assert [one["outcome"] for one in probes(ran, "sdist")] == ["PASSED"]
    assert probes(ran, "builder") == []
    assert sum(cell["wheel"]["built_now"] for cell in ran.evidence["cells"]) == 0
