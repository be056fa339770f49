"""`smoke` on small projects: real nox, real environments, real builds, no index."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import (
    PYTHON,
    Tool,
    commit_all,
    demo_files,
    git,
    make_wheel,
    pyproject,
    state_of,
    write_files,
)
from filelock import FileLock

from nox_cleanroom.places.ownership import LOCK

SMOKE = f"smoke-{PYTHON}"
Make = Callable[..., Path]


def test_a_healthy_project_passes_and_its_checkout_is_untouched(
    repository: Make, cleanroom: Tool
) -> None:
    root = repository()
    before = state_of(root)
    ran = cleanroom(root, SMOKE)
    assert ran.status == 0, ran.text
    assert ran.evidence["verdict"] == "PASSED"
    assert state_of(root) == before
    outcomes = {one["probe"]: one["outcome"] for one in ran.evidence["cells"][0]["probes"]}
    assert outcomes == {
        "imports": "PASSED",
        "entry points": "PASSED",
        "import statements": "PASSED",
        "bytecode": "PASSED",
        "metadata": "PASSED",
        "record": "PASSED",
        "contents": "PASSED",
        "package data": "PASSED",
        "requirements": "PASSED",
        "readme": "PASSED",
        "dependencies": "PASSED",
        "commands": "SKIPPED",
    }


def test_evidence_says_what_was_done(repository: Make, cleanroom: Tool) -> None:
    root = repository()
    git(root, "tag", "v1.0")
    evidence = cleanroom(root, SMOKE).evidence
    assert evidence["tool"]["name"] == "nox-cleanroom"
    assert evidence["format"] == 1
    assert evidence["subject"]["commit"] == git(root, "rev-parse", "HEAD").strip()
    assert evidence["subject"]["describe"].startswith("v1.0-0-g")
    (cell,) = evidence["cells"]
    assert cell["python"] == PYTHON
    assert cell["interpreter"]["version"].startswith(PYTHON)
    assert cell["wheel"]["file"] == "demo-1.0-py3-none-any.whl"
    assert re.fullmatch("[0-9a-f]{64}", cell["wheel"]["sha256"])
    assert cell["wheel"]["built_now"] is True
    steps = {step["name"]: step for step in cell["steps"]}
    assert f"#sha256={cell['wheel']['sha256']}" in steps["install"]["command"][-1]
    assert steps["build wheel"]["exit_status"] == 0
    assert steps["build wheel"]["duration"] > 0
    assert "import demo" in steps


def test_the_second_run_takes_the_wheel_from_the_wheelhouse(
    repository: Make, cleanroom: Tool
) -> None:
    root = repository()
    cleanroom(root, SMOKE)
    again = cleanroom(root, SMOKE).evidence["cells"][0]
    assert again["wheel"]["built_now"] is False
    assert "build wheel" not in [step["name"] for step in again["steps"]]
    rebuilt = cleanroom(root, SMOKE, "--", "--rebuild").evidence["cells"][0]
    assert rebuilt["wheel"]["built_now"] is True


def test_a_new_commit_is_a_new_wheel(repository: Make, cleanroom: Tool) -> None:
    root = repository()
    cleanroom(root, SMOKE)
    write_files(root, {"src/demo/__init__.py": "raise RuntimeError('new')\n"})
    commit_all(root)
    assert "RuntimeError: new" in cleanroom(root, SMOKE).text


def test_another_revision_can_be_asked_for(repository: Make, cleanroom: Tool) -> None:
    root = repository(demo_files(**{"src/demo/__init__.py": "raise RuntimeError\n"}))
    git(root, "tag", "broken")
    write_files(root, {"src/demo/__init__.py": "def main(): pass\n"})
    commit_all(root)
    assert cleanroom(root, SMOKE).status == 0
    assert cleanroom(root, SMOKE, "--", "--rev", "broken").status == 1


def test_a_module_that_is_not_committed_fails(repository: Make, cleanroom: Tool) -> None:
    root = repository(
        demo_files(**{"src/demo/__init__.py": "from demo import extra\ndef main(): pass\n"})
    )
    write_files(root, {"src/demo/extra.py": "", "notes.txt": "mine"})
    ran = cleanroom(root, SMOKE)
    assert ran.status == 1
    assert "cannot import name 'extra'" in ran.text
    assert "src/demo/extra.py is in the checkout and not in the commit" in ran.text
    assert "2 uncommitted paths are not part of what is tested" in ran.text


POLLUTE = "open({path!r}, 'w').write('x')\n"


@pytest.mark.parametrize("where", ["on_build.py", "src/demo/__init__.py"])
def test_who_writes_into_the_checkout_is_named_with_path_and_step(
    repository: Make, cleanroom: Tool, tmp_path: Path, where: str
) -> None:
    path = str(tmp_path / "checkout" / "junk.txt")
    code = POLLUTE.format(path=path) + "def main(): pass\n"
    root = repository(demo_files(**{where: code}))
    ran = cleanroom(root, SMOKE)
    assert ran.status == 30, ran.text
    step = "build wheel" if where == "on_build.py" else "import demo"
    assert "DIRTY_REPO_POST" in ran.text
    assert f"junk.txt (created), while `{SMOKE}: {step}` was running" in ran.text
    (change,) = ran.evidence["changes"]
    assert change == {
        "change": {
            "path": "junk.txt",
            "kind": "created",
            "old_path": "",
            "is_tracked": False,
            "detail": "",
        },
        "steps": [f"{SMOKE}: {step}"],
    }


def test_what_the_project_allows_may_change(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    path = str(tmp_path / "checkout" / "junk.txt")
    table = "[tool.nox-cleanroom]\nallow = ['*.txt']\n"
    files = demo_files(
        **{"on_build.py": POLLUTE.format(path=path), "pyproject.toml": pyproject(tool=table)}
    )
    assert cleanroom(repository(files), SMOKE).status == 0


def test_require_clean_refuses_a_dirty_checkout(repository: Make, cleanroom: Tool) -> None:
    root = repository()
    write_files(root, {"new.txt": "x"})
    ran = cleanroom(root, SMOKE, "--", "--require-clean")
    assert ran.status == 10
    assert "DIRTY_REPO_PRE" in ran.text
    assert "new.txt" in ran.text


#: Imports a module only when the entry point is called.
LAZY = "def main():\n    from demo import broken\n"


def with_code(code: str) -> dict[str, str]:
    return demo_files(**{"src/demo/__init__.py": f"{code}\ndef main(): pass\n"})


@pytest.mark.parametrize(
    ("files", "probe", "words"),
    [
        (with_code("import nothing_like_it"), "imports", "No module named 'nothing_like_it'"),
        (with_code("import sys; sys.exit(0)"), "imports", "calls sys.exit(0)"),
        (with_code("import os; os._exit(0)"), "imports", "ended the interpreter (exit status 0)"),
        (with_code("import os; os.kill(os.getpid(), 11)"), "imports", "killed by SIGSEGV"),
        (demo_files(**{"pyproject.toml": pyproject(scripts={"demo": "demo:absent"})}), "entry points", "absent"),
        (demo_files(**{"pyproject.toml": pyproject(scripts={"demo": "demo.part:VALUE"})}), "entry points", "cannot be called"),
        (demo_files(**{"src/demo/broken.py": "def f(:\n", "src/demo/__init__.py": LAZY}), "bytecode", "does not compile"),
    ],
)  # fmt: skip
def test_what_is_broken_for_users_is_found(
    repository: Make, cleanroom: Tool, files: dict[str, str], probe: str, words: str
) -> None:
    ran = cleanroom(repository(files), SMOKE)
    assert ran.status == 1, ran.text
    assert ran.evidence["codes"] == ["PROBE_FAILED"]
    failed = [one for one in ran.probe(probe) if one["outcome"] == "FAILED"]
    assert any(words in one["message"] for one in failed), failed


def test_a_time_limit_ends_a_hanging_import(repository: Make, cleanroom: Tool) -> None:
    ran = cleanroom(
        repository(with_code("import time; time.sleep(600)")), SMOKE, "--", "--timeout", "3"
    )
    assert ran.status == 1
    assert "TIMEOUT" in ran.evidence["codes"]
    assert "still running after 3 s" in ran.text


def test_a_plug_in_whose_host_is_absent_is_a_warning(repository: Make, cleanroom: Tool) -> None:
    tool = '[project.entry-points.some_host]\nplug = "demo.plug"\n'
    files = demo_files(
        **{"pyproject.toml": pyproject(tool=tool), "src/demo/plug.py": "import some_host\n"}
    )
    ran = cleanroom(repository(files), SMOKE)
    assert ran.status == 0, ran.text
    assert "its host `some_host` is absent" in ran.text
    strict = cleanroom(repository(files, name="again"), SMOKE, "--", "--strict")
    assert strict.status == 1
    assert "WARNINGS_AS_ERRORS" in strict.evidence["codes"]


@pytest.fixture
def links(tmp_path: Path) -> Path:
    """A directory with a distribution that no index has."""
    directory = tmp_path / "links"
    make_wheel(directory, {"only_here.py": ""}, name="only_here")
    return directory


def test_what_needs_an_extra_is_a_warning_that_names_it(
    repository: Make, cleanroom: Tool, links: Path
) -> None:
    tool = '[project.optional-dependencies]\nserver = ["only_here"]\n'
    files = demo_files(**{
        "pyproject.toml": pyproject(tool=tool, scripts={"demo": "demo:main", "demo-server": "demo.server:main"}),
        "src/demo/server.py": "try:\n    import only_here\nexcept ImportError:\n    raise ImportError('install the extra')\ndef main(): pass\n",
    })  # fmt: skip
    ran = cleanroom(repository(files), SMOKE, "--", "--find-links", str(links))
    assert ran.status == 0, ran.text
    assert "It needs the extra `server`" in ran.text
    assert ran.evidence["verdict"] == "WARNED"


def test_extras_and_find_links_are_installed(
    repository: Make, cleanroom: Tool, links: Path
) -> None:
    tool = '[project.optional-dependencies]\nserver = ["only_here"]\n'
    files = {**with_code("import only_here"), "pyproject.toml": pyproject(tool=tool)}
    root = repository(files)
    ran = cleanroom(root, SMOKE, "--", "--extras", "server", "--find-links", str(links))
    assert ran.status == 0, ran.text
    assert ran.evidence["verdict"] == "PASSED"


def test_a_requirement_that_nobody_has_names_it(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    files = demo_files(**{"pyproject.toml": pyproject(dependencies=["only_here>=7"])})
    ran = cleanroom(repository(files), SMOKE, env={"UV_NO_INDEX": "1", "PIP_NO_INDEX": "1"})
    assert ran.status == 1, ran.text
    assert ran.evidence["codes"] == ["INSTALL_FAILED"]
    (problem,) = ran.evidence["cells"][0]["problems"]
    assert problem["message"].endswith("no index has the requirement `only-here`.")
    assert "only" in problem["details"]
    assert problem["details"] not in ran.text


def test_a_build_that_fails_quotes_the_backend(repository: Make, cleanroom: Tool) -> None:
    files = demo_files(**{"on_build.py": "raise RuntimeError('the cheese is missing')\n"})
    ran = cleanroom(repository(files), SMOKE)
    assert ran.status == 1
    assert ran.evidence["codes"] == ["BUILD_FAILED"]
    assert "the cheese is missing" in ran.text


def test_a_wheel_whose_tags_exclude_its_builder_is_refused(
    repository: Make, cleanroom: Tool
) -> None:
    ran = cleanroom(repository(), SMOKE, env={"DEMO_BUILD_TAG": "py3-none-win32"})
    assert ran.status == 1
    assert "BUILD_FAILED" in ran.evidence["codes"]


def test_an_excluded_interpreter_that_is_named_tests_nothing_and_says_why(
    repository: Make, cleanroom: Tool
) -> None:
    table = f"[tool.nox-cleanroom]\npythons = ['{PYTHON}']\n"
    text = pyproject(tool=table, **{"requires-python": "<3.5"})
    ran = cleanroom(repository(demo_files(**{"pyproject.toml": text})), SMOKE)
    assert ran.status == 1, ran.text
    assert ran.evidence["codes"] == ["NOTHING_TESTED"]
    assert ran.evidence["cells"][0]["outcome"] == "SKIPPED"
    assert "excludes Python" in ran.text


def with_table(table: str, **changes: str) -> dict[str, str]:
    text = pyproject(scripts={"demo": "demo:main"}, tool=f"[tool.nox-cleanroom]\n{table}\n")
    return demo_files(**{"pyproject.toml": text, **changes})


COMMANDS: dict[str, tuple[str, str, str]] = {
    "a script of the package": ('smoke = ["demo"]', "PASSED", ""),
    "a failing one": ("smoke = [\"python -c 'raise SystemExit(3)'\"]", "FAILED", "exit status 3"),
    "an expected exit": (
        "smoke = [{run = \"python -c 'raise SystemExit(3)'\", expect-exit = 3}]",
        "PASSED",
        "",
    ),
    "a program that is not there": ('smoke = ["no-such-program"]', "FAILED", "no program"),
    "one that hangs": (
        "smoke = [{run = \"python -c 'import time; time.sleep(99)'\", timeout = 1}]",
        "FAILED",
        "still running",
    ),
    "variables": (
        'smoke = [{run = "python -c \'import os; assert os.environ[chr(65)] == chr(66)\'", env = {A = "B"}}]',
        "PASSED",
        "",
    ),
    "the project's files": (
        'smoke = [{run = "python check.py", cwd = "worktree"}]',
        "PASSED",
        "",
    ),
    "a path in the project": ('smoke = ["python {project}/check.py"]', "PASSED", ""),
    "a JSON contract": (
        """smoke = [{run = "python {project}/answer.py", json = true, require = ["a.b"], equals = {version = "1.0"}, paths = ["report"], sha256 = {digest = "report"}}]""",
        "PASSED",
        "report = /",
    ),
    "a missing key": (
        'smoke = [{run = "python {project}/answer.py", json = true, require = ["a.c"]}]',
        "FAILED",
        "the key `a.c` is missing",
    ),
    "another value": (
        'smoke = [{run = "python {project}/answer.py", json = true, equals = {version = "2"}}]',
        "FAILED",
        '`version` is "1.0", not "2"',
    ),
    "no JSON": ('smoke = [{run = "demo", json = true}]', "FAILED", "is not JSON"),
    "a path that is not there": (
        'smoke = [{run = "python {project}/answer.py", json = true, paths = ["version"]}]',
        "FAILED",
        "does not exist",
    ),
    "a digest that is not the file's": (
        'smoke = [{run = "python {project}/answer.py", json = true, sha256 = {version = "report"}}]',
        "FAILED",
        "`version` is not the sha256 of",
    ),
    "a file that is not the command's": (
        'smoke = [{run = "python {project}/answer.py", json = true, sha256 = {digest = "outside"}}]',
        "FAILED",
        "so it is not read",
    ),
}

ANSWER = """
import hashlib, json
from pathlib import Path
Path("report.txt").write_text("fine")
digest = hashlib.sha256(b"fine").hexdigest()
print(json.dumps({"a": {"b": 1}, "version": "1.0", "report": "report.txt", "digest": digest,
                  "outside": "/etc/hostname"}))
"""
CHECK = """
from pathlib import Path
import demo
assert "site-packages" in demo.__file__, demo.__file__
assert Path(__file__).with_name("pyproject.toml").exists()
"""


@pytest.mark.parametrize(("table", "outcome", "words"), COMMANDS.values(), ids=COMMANDS.keys())
def test_the_projects_own_commands(
    repository: Make, cleanroom: Tool, table: str, outcome: str, words: str
) -> None:
    files = with_table(table, **{"answer.py": ANSWER, "check.py": CHECK})
    ran = cleanroom(repository(files), SMOKE)
    (result,) = ran.probe("commands")
    assert result["outcome"] == outcome, result
    assert words in result["message"]
    assert ran.status == (1 if outcome == "FAILED" else 0)


def test_in_a_flat_layout_the_installed_code_is_tested_and_not_the_source(
    repository: Make, cleanroom: Tool
) -> None:
    table = """smoke = [{run = "python -m checks.a", cwd = "worktree"}, {run = "python -c 'import checks.a'", cwd = "worktree"}]"""
    check = (
        "import demo, os\nassert 'site-packages' in demo.__file__\nassert os.path.exists('demo')\n"
    )
    files = with_table(table, **{"checks/a.py": check, "demo/__init__.py": "def main(): pass\n"})
    files = {name: text for name, text in files.items() if not name.startswith("src/")}
    ran = cleanroom(repository(files), SMOKE)
    assert [one["outcome"] for one in ran.probe("commands")] == ["PASSED", "PASSED"], ran.text


def test_secrets_reach_no_probe_unless_passed(repository: Make, cleanroom: Tool) -> None:
    code = "import os\nassert 'MY_TOKEN' not in os.environ\nassert 'MY_FLAG' in os.environ\nassert not os.listdir(os.environ['HOME'])"
    files = {
        **with_table('pass-env = ["MY_F*"]'),
        "src/demo/__init__.py": code + "\ndef main(): pass\n",
    }
    ran = cleanroom(repository(files), SMOKE, env={"MY_TOKEN": "s3cret", "MY_FLAG": "1"})
    assert ran.status == 0, ran.text


def test_a_waived_finding_shows_its_reason_and_fails_nothing(
    repository: Make, cleanroom: Tool
) -> None:
    table = 'ignore = [{finding = "bytecode:demo/broken.py", reason = "for Python 2 only"}]'
    ran = cleanroom(
        repository(
            with_table(table, **{"src/demo/broken.py": "print 'x'\n", "src/demo/__init__.py": LAZY})
        ),
        SMOKE,
    )
    assert ran.status == 0, ran.text
    assert "bytecode: demo/broken.py: for Python 2 only" in ran.text
    assert "note:" not in ran.text


def test_a_waiver_that_matched_nothing_is_a_note(repository: Make, cleanroom: Tool) -> None:
    names = ("entry points:legacy-*", "entry-points:old", "sdist", "new files:left.txt")
    waivers = ", ".join(f'{{finding = "{name}", reason = "some"}}' for name in names)
    root = repository(with_table(f"ignore = [{waivers}]\npythons = ['{PYTHON}']"))
    said = '`ignore` has "{}", which matched nothing'
    for session, unmatched in {
        SMOKE: names[:2],
        "matrix": names[:3],
        "clean_check": names[1::2],
    }.items():
        ran = cleanroom(root, session)
        assert ran.status == 0, ran.text
        where = " on this Python" if session == SMOKE else ""
        assert ran.evidence["notes"] == [said.format(name) + where for name in unmatched]
        assert f"note: {said.format(names[1])}" in ran.text


def test_settings_come_from_the_commit_and_a_differing_checkout_is_mentioned(
    repository: Make, cleanroom: Tool
) -> None:
    root = repository(with_table('smoke = ["demo"]'))
    (root / "pyproject.toml").write_text(
        pyproject(tool='[tool.nox-cleanroom]\nsmoke = ["false"]\n')
    )
    ran = cleanroom(root, SMOKE)
    assert ran.status == 0, ran.text
    assert "of the checkout differs from the commit's" in ran.text


@pytest.mark.parametrize(
    ("text", "status", "code", "words"),
    [
        ("[project\n", 2, "CONFIG_INVALID", "line 1"),
        (pyproject(tool="[tool.nox-cleanroom]\nsmok = []\n"), 2, "CONFIG_INVALID", "did you mean `smoke`"),
        (pyproject(tool="[tool.nox_cleanroom]\nsmoke = ['false']\n"), 2, "CONFIG_INVALID", "The name is [tool.nox-cleanroom]"),
        (pyproject(tool="[tool.nox-cleanroom]\nsmoke = 3\n"), 2, "CONFIG_INVALID", "must be a list"),
    ],
)  # fmt: skip
def test_bad_configuration_is_one_sentence(
    repository: Make, cleanroom: Tool, text: str, status: int, code: str, words: str
) -> None:
    root = repository(demo_files(**{"pyproject.toml": text}))
    before = state_of(root)
    ran = cleanroom(root, "matrix")
    assert (ran.status, "Traceback" in ran.text) == (status, False), ran.text
    assert code in ran.text
    assert words in ran.text
    assert state_of(root) == before


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--", "--rev", "nonsense"], 2, "REVISION_UNKNOWN"),
        (["--", "--nonsense"], 2, "OPTION_INVALID"),
        (["--", "--help"], 0, "--report-dir"),
        (["no-such-session"], 2, "no-such-session"),
    ],
)
def test_a_wrong_word_is_one_sentence(
    repository: Make, cleanroom: Tool, arguments: list[str], status: int, words: str
) -> None:
    ran = cleanroom(repository(), SMOKE, *arguments)
    assert (ran.status, "Traceback" in ran.text) == (status, False), ran.text
    assert words in ran.text


@pytest.mark.parametrize("option", ["--no-venv", "--force-venv-backend=none"])
@pytest.mark.parametrize("session", ["smoke", "matrix", "clean_check"])
def test_what_is_no_fresh_environment_is_refused(
    repository: Make, cleanroom: Tool, session: str, option: str
) -> None:
    ran = cleanroom(repository(), session, option)
    assert (ran.status, "Traceback" in ran.text) == (2, False), ran.text
    assert "ENVIRONMENT_REFUSED" in ran.text


def test_where_there_is_nothing_to_test(cleanroom: Tool, tmp_path: Path, repository: Make) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "NOT_A_REPOSITORY" in cleanroom(empty, "smoke").text
    git(empty, "init", "-q")
    assert "NO_COMMITS" in cleanroom(empty, "smoke").text
    root = repository({"packages/a/pyproject.toml": pyproject(), "README": "x"}, name="mono")
    ran = cleanroom(root, "smoke")
    assert ran.status == 3
    assert "packages/a" in ran.text


def test_a_project_in_a_subdirectory_is_found_from_within_it(
    repository: Make, cleanroom: Tool
) -> None:
    files = {f"packages/a/{name}": text for name, text in demo_files().items()}
    root = repository({**files, "README": "x"})
    ran = cleanroom(root / "packages/a/src", SMOKE)
    assert ran.status == 0, ran.text
    assert ran.evidence["subject"]["project"] == "packages/a"


def test_evidence_in_the_checkout_must_be_ignored(repository: Make, tmp_path: Path) -> None:
    root = repository(demo_files(**{".gitignore": "/kept/\n"}))

    def run(directory: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "nox_cleanroom", SMOKE, "--", "--report-dir", directory]
        return subprocess.run(
            command, cwd=root, env=dict(os.environ), capture_output=True, text=True, check=False
        )

    refused = run("reports")
    assert refused.returncode == 2
    assert "EVIDENCE_ROOT_NOT_IGNORED" in refused.stderr
    assert not (root / "reports").exists()
    accepted = run("kept")
    assert accepted.returncode == 0, accepted.stdout + accepted.stderr
    assert json.loads((root / "kept" / f"{SMOKE}.json").read_text())["verdict"] == "PASSED"


@pytest.mark.slow
def test_credentials_of_an_index_are_not_in_the_evidence(
    repository: Make, cleanroom: Tool, links: Path
) -> None:
    index = "https://me:s3cret@index.invalid/simple"
    ran = cleanroom(repository(), SMOKE, "--", "--find-links", index)
    assert "s3cret" not in json.dumps(ran.evidence)
    assert "***@index.invalid" in json.dumps(ran.evidence)


def test_a_variable_that_the_build_reads_makes_another_wheel(
    repository: Make, cleanroom: Tool
) -> None:
    code = "import os\nif os.environ.get('DEMO_FAST'): raise RuntimeError('too fast')\n"
    root = repository(demo_files(**{"on_build.py": code}))
    assert cleanroom(root, SMOKE).status == 0
    assert cleanroom(root, SMOKE, env={"DEMO_FAST": "1"}).status == 1


def test_an_extra_that_is_not_there_is_said(repository: Make, cleanroom: Tool) -> None:
    ran = cleanroom(repository(), SMOKE, "--", "--extras", "nope")
    assert ran.status == 2
    assert "has no extra 'nope'" in ran.text


def test_a_module_that_replaces_itself_imports(repository: Make, cleanroom: Tool) -> None:
    code = """
import sys
class Magic:
    def __getattr__(self, name): return lambda *a: self
    def __iter__(self): return iter([self])
    def main(self): pass
sys.modules[__name__] = Magic()
"""
    ran = cleanroom(repository(demo_files(**{"src/demo/__init__.py": code})), SMOKE)
    assert ran.status == 0, ran.text


@pytest.mark.parametrize("name", ["UV_CACHE_DIR", "XDG_CACHE_HOME"])
def test_caches_in_the_checkout_are_not_the_packages_doing(
    repository: Make, cleanroom: Tool, name: str
) -> None:
    root = repository(demo_files(**{".gitignore": "/.cache/\n__pycache__/\n"}))
    ran = cleanroom(root, SMOKE, env={name: str(root / ".cache")})
    assert ran.status == 0, ran.text


def test_evidence_that_cannot_be_written_swallows_no_verdict(
    repository: Make, tmp_path: Path
) -> None:
    path = str(tmp_path / "checkout" / "junk.txt")
    root = repository(demo_files(**{"on_build.py": POLLUTE.format(path=path)}))
    command = [sys.executable, "-m", "nox_cleanroom", SMOKE, "--", "--report-dir", "/proc/nope"]
    done = subprocess.run(
        command, cwd=root, env=dict(os.environ), capture_output=True, text=True, check=False
    )
    assert done.returncode == 30
    assert "junk.txt (created)" in done.stdout
    assert "The evidence cannot be written" in done.stderr


@pytest.mark.parametrize("home", ["/dev/null", "/proc/nope"])
def test_a_home_that_cannot_be_written_to_is_not_the_packages_fault(
    repository: Make, cleanroom: Tool, home: str
) -> None:
    ran = cleanroom(repository(), SMOKE, env={"HOME": home, "XDG_CACHE_HOME": f"{home}/x"})
    # Others may show a traceback of theirs, of why they cache nothing.
    assert (ran.status, f"nox_cleanroom{os.sep}" in ran.text) == (3, False), ran.text


def test_keep_says_where_everything_is(repository: Make, cleanroom: Tool) -> None:
    root = repository(with_table('smoke = ["python {project}/check.py"]', **{"check.py": CHECK}))
    ran = cleanroom(root, SMOKE, "--", "--keep")
    assert ran.status == 0, ran.text
    trees = re.findall(r"a worktree: cd (\S+)", ran.text)
    assert trees
    assert all((Path(tree) / "pyproject.toml").exists() for tree in trees)
    for command in re.findall(r"(?:when done|and at last): (.*)", ran.text):
        subprocess.run(["sh", "-c", command], cwd="/", check=True)
    assert git(root, "worktree", "list").count("\n") == 1
    assert not any(Path(tree).parent.exists() for tree in trees)


@pytest.mark.usefixtures("without_uv")
def test_without_uv_virtualenv_and_pip_do_the_same(repository: Make, cleanroom: Tool) -> None:
    root = repository()
    before = state_of(root)
    ran = cleanroom(root, SMOKE)
    assert ran.status == 0, ran.text
    (cell,) = ran.evidence["cells"]
    assert cell["interpreter"]["environment"] == "virtualenv"
    commands: list[Any] = [step["command"] for step in cell["steps"]]
    assert any(command[1:4] == ["-I", "-m", "pip"] for command in commands)
    assert not any("uv" in Path(command[0]).name for command in commands if command)
    assert state_of(root) == before


def test_an_interpreter_is_asked_about_itself_once(repository: Make, cleanroom: Tool) -> None:
    root = repository()
    first = cleanroom(root, SMOKE)
    # In another room, as if a run were going on in the first.
    with FileLock(Path(os.environ["XDG_CACHE_HOME"], "nox-cleanroom", "environments", "1", LOCK)):
        second = cleanroom(root, SMOKE)
    assert "look at interpreter" in [one["name"] for one in first.evidence["cells"][0]["steps"]]
    (cell,) = second.evidence["cells"]
    assert "look at interpreter" not in [one["name"] for one in cell["steps"]]
    assert cell["interpreter"]["version"] == first.evidence["cells"][0]["interpreter"]["version"]
    # What depends on where the environment is was not taken from the run before.
    assert (
        cell["interpreter"]["executable"] != first.evidence["cells"][0]["interpreter"]["executable"]
    )


@pytest.mark.parametrize("project", [".", "packages/all"])
def test_a_project_of_requirements_only_beside_others_is_no_empty_wheel(
    repository: Make, cleanroom: Tool, tmp_path: Path, project: str
) -> None:
    make_wheel(tmp_path / "links", {"needed.py": ""}, name="needed")
    files = {
        "pyproject.toml": pyproject(dependencies=["needed"]),
        "in_tree_backend.py": demo_files()["in_tree_backend.py"],
    }
    others = {"packages/other/src/other/__init__.py": "", "packages/other/pyproject.toml": ""}
    root = repository({**{f"{project}/{name}": text for name, text in files.items()}, **others})
    ran = cleanroom(root / project, SMOKE, "--", "--find-links", str(tmp_path / "links"))
    assert ran.status == 0, ran.text
    assert "installs no file, only its requirements" in ran.text


def test_requirements_that_do_not_fit_together(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    # An installer sees to it that they do, unless one distribution brings another along.
    metadata = "Metadata-Version: 2.1\nName: brought\nVersion: 1.0\nRequires-Dist: needed>=2\n"
    links = tmp_path / "links"
    brought = {"needed-1.0.data/purelib/brought-1.0.dist-info/METADATA": metadata}
    make_wheel(links, {"needed.py": "", **brought}, name="needed")
    ran = cleanroom(
        repository(demo_files(**{"pyproject.toml": pyproject(dependencies=["needed"])})),
        *(SMOKE, "--", "--find-links", str(links)),
    )
    assert (ran.status, "needed>=2, and 1.0 is installed" in ran.text) == (1, True), ran.text


def test_no_import_of_ours_covers_one_that_the_package_forgot(
    repository: Make, cleanroom: Tool
) -> None:
    code = "import sys\nfound = {'json', 'tempfile', 'traceback'} & set(sys.modules)\nassert not found, found\n\n\ndef main():\n    pass\n"
    ran = cleanroom(repository(demo_files(**{"src/demo/__init__.py": code})), SMOKE)
    assert ran.status == 0, ran.text


@pytest.mark.usefixtures("without_uv")
@pytest.mark.parametrize("name", ["pip", "setuptools"])
def test_a_build_sees_only_what_it_requires(repository: Make, cleanroom: Tool, name: str) -> None:
    root = repository(demo_files(**{"on_build.py": f"import {name}\n"}))
    ran = cleanroom(root, SMOKE)
    assert ran.status == 1, ran.text
    assert "BUILD_FAILED" in ran.text
    assert f"No module named '{name}'" in ran.text


def test_an_excluded_interpreter_waits_for_no_build(repository: Make, cleanroom: Tool) -> None:
    table = f'[tool.nox-cleanroom]\npythons = ["{PYTHON}"]\n'
    text = pyproject(tool=table, **{"requires-python": "<3.5"})
    text = text.replace("requires = []", 'requires = ["no-such-requirement"]')
    ran = cleanroom(repository(demo_files(**{"pyproject.toml": text})), SMOKE)
    assert ran.evidence["cells"][0]["problems"][0]["code"] == "PYTHON_EXCLUDED", ran.text
    steps = [step["name"] for step in ran.evidence["cells"][0]["steps"]]
    assert "make build environment" not in steps


@pytest.mark.usefixtures("without_uv")
def test_pip_is_compiled_once(repository: Make, cleanroom: Tool) -> None:
    # What kind of bytecode it is: 0 names the time of its source, 3 the digest (PEP 552).
    program = "import pathlib, pip; print(list(pathlib.Path(pip.__cached__).read_bytes()[4:8]))"
    said = f"python -c '{program}'"
    text = pyproject(tool=f'[tool.nox-cleanroom]\nsmoke = ["{said}"]\n')
    root = repository(demo_files(**{"pyproject.toml": text}))
    outputs = []
    for _ in range(3):
        ran = cleanroom(root, SMOKE)
        assert ran.status == 0, ran.text
        outputs += [
            step["output"].strip()
            for step in ran.evidence["cells"][0]["steps"]
            if "__cached__" in step["name"]
        ]
    assert outputs == ["[0, 0, 0, 0]", "[3, 0, 0, 0]", "[3, 0, 0, 0]"]
    kept = Path(os.environ["XDG_CACHE_HOME"], "nox-cleanroom", "stores", "bytecode")
    assert list(kept.glob("*-cpython-*"))
    subprocess.run([sys.executable, "-m", "nox_cleanroom", "--clear-cache"], check=True, cwd=root)
    assert not list(kept.glob("*-cpython-*"))
