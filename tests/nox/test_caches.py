"""A wheel of an earlier run is taken only when a build would make the same one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from conftest import (
    PYTHON,
    Ran,
    Tool,
    commit_all,
    demo_files,
    git,
    make_wheel,
    pyproject,
    write_files,
)

Make = Callable[..., Path]

SMOKE = f"smoke-{PYTHON}"


def changes(root: Path, tmp_path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """What is changed between two runs, one after the other, and the variables from then on."""
    env: dict[str, str] = {}
    yield "nothing", env
    for name in ("BUILD_NUMBER", "CI_COMMIT_TAG", "GITHUB_REF_NAME", "MY_OWN"):
        env = {**env, name: "7"}
        yield name, env
    compiler = tmp_path / "tools" / "cc"
    compiler.parent.mkdir()
    compiler.write_text("#!/bin/sh\n")
    compiler.chmod(0o755)
    env = {**env, "PATH": os.pathsep.join((str(compiler.parent), os.environ["PATH"]))}
    yield "a compiler in front of the path", env
    compiler.write_text("#!/bin/sh\n# of another version\n")
    yield "the compiler", env
    git(root, "tag", "v2")
    yield "a tag", env
    git(root, "replace", "HEAD~1", "HEAD")
    yield "a replaced commit", env
    (root / ".git" / "info" / "attributes").write_text("*.py ident\n")
    yield "attributes of the clone", env
    make_wheel(tmp_path / "links", {"needed.py": ""}, name="needed", version="2.0")
    yield "the directory of requirements", env


def test_a_wheel_is_built_again_when_what_builds_see_has_changed(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    links = make_wheel(tmp_path / "links", {"needed.py": ""}, name="needed").parent
    root = repository()
    write_files(root, {"README": "text\n"})
    commit_all(root)
    stale, rebuilt = list[str](), list[str]()
    for change, env in changes(root, tmp_path):
        for expected in (True, False):
            ran = cleanroom(root, SMOKE, "--", "--find-links", str(links), env=env)
            assert ran.status == 0, (change, ran.text)
            if ran.evidence["cells"][0]["wheel"]["built_now"] is not expected:
                (stale if expected else rebuilt).append(change)
    assert (stale, rebuilt) == ([], [])


def test_the_age_of_a_wheel_is_said(repository: Make, cleanroom: Tool) -> None:
    root = repository()
    first, second = cleanroom(root, SMOKE), cleanroom(root, SMOKE)
    assert " now\n" in first.err
    assert "built with Python 3." in second.err
    assert " less than a minute ago; --rebuild builds it anew" in second.err


def test_a_test_command_may_rewrite_the_wheel_that_it_is_handed(
    repository: Make, cleanroom: Tool
) -> None:
    # As `auditwheel` and signing tools do; the next run gets what was built all the same.
    table = """
        [tool.nox-cleanroom]
        test-command = "python rewrite.py {wheel}"
        test-sources = ["rewrite.py"]
        """
    rewrite = "import sys\nopen(sys.argv[1], 'wb').write(b'rewritten')\nimport demo\n"
    root = repository(
        demo_files(
            **{"pyproject.toml": pyproject(tool=table), "rewrite.py": rewrite},
        )
    )
    first, second = cleanroom(root, SMOKE), cleanroom(root, SMOKE)
    assert (first.status, second.status) == (0, 0), first.text + second.text
    built = [ran.evidence["cells"][0]["wheel"] for ran in (first, second)]
    assert [one["built_now"] for one in built] == [True, False]
    assert built[0]["sha256"] == built[1]["sha256"]


def test_builds_get_the_time_of_the_commit(repository: Make, cleanroom: Tool) -> None:
    said = "import os\nassert os.environ['SOURCE_DATE_EPOCH'] == {!r}, os.environ['SOURCE_DATE_EPOCH']\n"
    root = repository(demo_files(**{"on_build.py": said.format("1767225600")}))
    assert cleanroom(root, SMOKE).status == 0
    write_files(root, {"on_build.py": said.format("99")})
    commit_all(root)
    assert cleanroom(root, SMOKE).status == 1
    assert cleanroom(root, SMOKE, env={"SOURCE_DATE_EPOCH": "99"}).status == 0


READ = "read modules"


def steps_of(ran: Ran) -> list[str]:
    return [step["name"] for step in ran.evidence["cells"][0]["steps"]]


def test_modules_are_read_again_only_when_something_that_reading_sees_has_changed(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    old = {"needed.py": "", "helper.py": ""}
    links = make_wheel(tmp_path / "links", old, name="needed").parent
    late = "def use():\n    import helper\n"
    metadata = pyproject(dependencies=["needed"])
    root = repository(demo_files(**{"pyproject.toml": metadata, "src/demo/late.py": late}))
    options = ("--", "--find-links", str(links))
    first, second = cleanroom(root, SMOKE, *options), cleanroom(root, SMOKE, *options)
    assert (READ in steps_of(first), READ in steps_of(second)) == (True, False)
    assert [ran.status for ran in (first, second)] == [0, 0]
    # Same wheel, and another version of what is installed beside it.
    make_wheel(links, {"needed.py": ""}, name="needed", version="2.0")
    third, fourth = cleanroom(root, SMOKE, *options), cleanroom(root, SMOKE, *options)
    assert (READ in steps_of(third), READ in steps_of(fourth)) == (True, False)
    for ran in (third, fourth):
        assert "helper" in ran.text
        assert ran.evidence["cells"][0]["probes"] == third.evidence["cells"][0]["probes"]
    write_files(root, {"src/demo/data.txt": "", "src/demo/late.py": "NAME = 'data.txt'\n"})
    commit_all(root)
    assert READ in steps_of(cleanroom(root, SMOKE, *options))


def test_a_damaged_reading_is_made_anew(repository: Make, cleanroom: Tool) -> None:
    root = repository()
    cleanroom(root, SMOKE)
    cache = Path(os.environ["XDG_CACHE_HOME"])
    (reading,) = cache.glob("nox-cleanroom/projects/*/readings/*")
    reading.write_bytes(reading.read_bytes()[:-9])
    again = cleanroom(root, SMOKE)
    assert (again.status, READ in steps_of(again)) == (0, True)
    assert READ not in steps_of(cleanroom(root, SMOKE))


#: Says how the interpreter was told to accept its bytecode: 0 by times, 3 by the digest (PEP 552).
SAYS_FLAGS = """\
import sys
with open(__cached__, "rb") as file:
    FLAGS = file.read(8)[4]
VALUE = "one"
sys.exit(f"flags {FLAGS} value {VALUE}")
"""


def test_imports_use_bytecode_of_earlier_runs_and_of_the_same_source_alone(
    repository: Make, cleanroom: Tool
) -> None:
    root = repository(demo_files(**{"src/demo/__init__.py": SAYS_FLAGS}))
    assert "flags 0 value one" in cleanroom(root, SMOKE).out
    assert "flags 3 value one" in cleanroom(root, SMOKE).out
    changed = SAYS_FLAGS.replace("one", "two")
    assert len(changed) == len(SAYS_FLAGS)
    write_files(root, {"src/demo/__init__.py": changed})
    commit_all(root)
    assert "flags 0 value two" in cleanroom(root, SMOKE).out
    assert "flags 3 value two" in cleanroom(root, SMOKE).out
