from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import commit_all
from nox._options import options

from nox_cleanroom.__main__ import run
from nox_cleanroom.config.options import OPTIONS
from nox_cleanroom.errors import Code, UsageError
from nox_cleanroom.sessions.command_line import NOX_OPTIONS, CommandLine

CWD = Path("/where/it/runs")


def parse(line: str) -> CommandLine:
    return CommandLine.parse(line.split(), CWD)


#: A command line, its sessions, the words for nox, and our options.
LINES = [
    ("smoke", ["smoke"], [], []),
    ("clean-check matrix -v", ["clean_check", "matrix"], ["-v"], []),
    ("-s clean-check", ["clean_check"], [], []),
    ("-s smoke-3.11 matrix", ["smoke-3.11", "matrix"], [], []),
    ("smoke -s clean_check --session=matrix", ["smoke", "clean_check", "matrix"], [], []),
    ("-p 3.11 3.12 -s smoke", ["smoke"], ["-p", "3.11", "3.12"], []),
    ("-k lint matrix", ["matrix"], ["-k", "lint"], []),
    ("-j 2 smoke", ["smoke"], ["-j", "2"], []),
    ("-j2 smoke", ["smoke"], ["-j", "2"], []),
    ("-p 3.12 matrix", ["matrix"], ["-p", "3.12"], []),
    ("-P 3.11 pypy3.10 smoke", ["smoke"], ["-P", "3.11", "pypy3.10"], []),
    ("--extra-pythons 3.11 smoke-3.12", ["smoke-3.12"], ["--extra-pythons", "3.11"], []),
    ("smoke -- --rev v1", ["smoke"], [], ["--rev", "v1"]),
    ("smoke --rev v1 --keep", ["smoke"], [], ["--rev", "v1", "--keep"]),
    (
        "--strict smoke -v --timeout=5 matrix",
        ["smoke", "matrix"],
        ["-v"],
        ["--strict", "--timeout", "5"],
    ),
    ("--pythons 3.11,3.12 matrix", ["matrix"], [], ["--pythons", "3.11,3.12"]),
    ("smoke -q -- --durations", ["smoke"], [], ["-q", "--durations"]),
    ("smoke --report r.json", ["smoke"], ["--report", str(CWD / "r.json")], []),
    ("smoke --report-dir reports", ["smoke"], [], ["--report-dir", "reports"]),
    ("smoke --envdir=envs", ["smoke"], ["--envdir", str(CWD / "envs")], []),
    ("smoke --report /r.json", ["smoke"], ["--report", "/r.json"], []),
    ("smoke --download auto", ["smoke"], ["--download-python", "auto"], []),
    ("smoke -fb virtualenv", ["smoke"], ["-fb", "virtualenv"], []),
]


@pytest.mark.parametrize(
    ("line", "sessions", "for_nox", "ours"), LINES, ids=[one[0] for one in LINES]
)
def test_what_is_ours_and_what_is_noxs(
    line: str, sessions: list[str], for_nox: list[str], ours: list[str]
) -> None:
    parsed = parse(line)
    assert ([*parsed.sessions], parsed.without(), [*parsed.ours]) == (sessions, for_nox, ours)


def test_the_value_of_an_option() -> None:
    assert parse("smoke --envdir=envs").value_of("--envdir") == str(CWD / "envs")
    assert parse("smoke --report r").value_of("--report") == str(CWD / "r")
    assert parse("smoke").value_of("--report") == ""


@pytest.mark.parametrize(
    ("line", "backend"),
    [
        ("smoke", ""),
        ("smoke -fb uv --force-venv-backend=virtualenv", "virtualenv"),
        ("--no-venv smoke", "none"),
    ],
)
def test_the_backend_that_is_forced(line: str, backend: str) -> None:
    parsed = parse(line)
    assert parsed.backend == backend
    assert parsed.without("-fb", "--force-venv-backend", "--no-venv") == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("smoke --kep", "There is no option '--kep'. Did you mean '--keep'?"),
        ("smoke --eror-on-missing-interpreters", "Did you mean '--error-on-missing-interpreters'?"),
        ("smoke --zzz", "There is no option '--zzz'."),
        ("smoke --no", "There is no option '--no'."),
        ("smoke -z", "There is no option '-z'."),
    ],
)
def test_an_option_that_nobody_has_is_refused(line: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse(line)
    assert raised.value.message.startswith(said) or said in raised.value.message


def test_the_table_has_all_options_of_nox_and_none_of_ours() -> None:
    arities = {}
    for action in options.parser()._actions:
        several = action.nargs in ("*", "+")
        count = 2 if several else int(action.nargs is None or action.nargs == 1)
        arities.update(dict.fromkeys(action.option_strings, count))
    shared = {"-h", "--help", "--version", "--pythons"}
    found = {name: count for name, count in arities.items() if name not in shared}
    # Older versions of nox lack some.
    assert found.items() <= NOX_OPTIONS.items()
    # A new option of nox with the name of one of ours would be ours from then on.
    assert set(OPTIONS) & set(arities) == {"--pythons"}


def test_help_explains_itself_in_one_screen(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    text = capsys.readouterr().out
    assert len(text.splitlines()) <= 40
    assert max(map(len, text.splitlines())) <= 80
    for word in ("smoke", "matrix", "clean_check", "--clear-cache", "exit status", *OPTIONS):
        assert word in text


def test_help_is_printed_once_wherever_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    for line in ("-h", "smoke --help", "smoke matrix -- --help"):
        assert run(line.split()) == 0
        assert capsys.readouterr().out.count("usage:") == 1


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    for option in ("--version", "-V"):
        assert run([option]) == 0
        assert capsys.readouterr().out.startswith("nox-cleanroom ")


#: Loads the package twice: where garbage is collected, and where it is not.
LOADING_TWICE = """
import gc, sys
for state in (gc.enable, gc.disable):
    for name in [name for name in sys.modules if name.startswith("nox_cleanroom")]:
        del sys.modules[name]
    gc.unfreeze()
    import nox_cleanroom
    state()
    nox_cleanroom.smoke
    print(gc.isenabled(), gc.get_freeze_count() > 0)
"""


def test_the_garbage_collector_is_left_as_it_was() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADING_TWICE], check=True, capture_output=True, encoding="utf-8"
    )
    assert done.stdout.splitlines() == ["True True", "False True"]


@pytest.fixture
def newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project for newer Pythons only, as the current directory."""
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    text = '[project]\nname = "demo"\nversion = "1"\nrequires-python = ">=3.13"\n'
    (tmp_path / "pyproject.toml").write_text(text)
    commit_all(tmp_path)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("newer")
def test_a_python_that_the_project_excludes_has_no_session(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["smoke-3.12"]) == 2
    said = capsys.readouterr().err
    assert "There is no session smoke-3.12: this project supports 3.13, 3.14" in said
    assert "Requires-Python" in said


@pytest.mark.usefixtures("newer")
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("smok", "There is no session 'smok'. Did you mean 'smoke'?"),
        ("matrx smok", "There is no session 'matrx'. Did you mean 'matrix'?"),
        ("smoke-3.9", "There is no session smoke-3.9: this project supports 3.13, 3.14, 3.15."),
        ("smoke --pythons 3.9", "There is no session smoke-3.9"),
        ("checks x.json", "There is no session 'checks'. Did you mean 'check'?"),
        ("smoke --kep", "There is no option '--kep'. Did you mean '--keep'?"),
        ("smoke -- --kep", "Unrecognized arguments: --kep; did you mean --keep?"),
        ("smoke --rev", "expected one argument"),
        ("smoke --strict=1", "The option --strict takes no value."),
        ("smoke --rep x", "There is no option '--rep'."),
        ("3.13", "-> Did you mean smoke-3.13?"),
        ("smoke-3.13t", "-> List it under `pythons` in [tool.nox-cleanroom]"),
        (
            "smoke-3.13 --pythons 3.14",
            "smoke-3.13 is for Python 3.13, and --pythons asks for 3.14.",
        ),
        ("smoke --pythons 3.13,nope", "'nope' is no Python such as 3.12, 3.13t or pypy3.11"),
        ("smoke --emit github", "Only `matrix` has jobs for CI, and not smoke."),
        ("smoke -fb bogus", "There is no tool for environments 'bogus'."),
        ("check --strict x.json", "There is no option of `check` '--strict'."),
        ("-v explain", "`explain` needs a code."),
        ("explain", "`explain` needs a code."),
        ("explain BUILD_FAIL", "There is no code 'BUILD_FAIL'. Did you mean BUILD_FAILED?"),
        ("check", "`check` needs the evidence of a run."),
    ],
)
def test_a_mistake_is_said_before_anything_runs(
    line: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(line.split()) == 2
    assert said in capsys.readouterr().err


def test_in_a_directory_that_is_gone_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def gone() -> Path:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(Path, "cwd", gone)
    assert run(["smoke"]) == 3
    assert "The current directory does not exist any more." in capsys.readouterr().err


@pytest.mark.parametrize("code", Code)
def test_each_code_is_explained(code: Code, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", code.name.lower()]) == 0
    lines = capsys.readouterr().out.strip().splitlines()
    assert lines[0] == code.name
    assert lines[2].startswith(f"Exit status {code.exit_status}.")
    assert lines[-1].endswith(f"codes.html#{code.name.lower().replace('_', '-')}")
    assert not any(line.startswith("##") or "](" in line for line in lines)


@pytest.mark.skipif(sys.platform == "win32", reason="completion is for Unix shells")
@pytest.mark.usefixtures("newer")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("smoke-", {"smoke-3.13", "smoke-3.14", "smoke-3.15"}),
        ("smoke --rep", {"--report", "--report-dir"}),
        ("expl", {"explain "}),
        ("explain BUILD_F", {"BUILD_FAILED "}),
        ("check pyproj", {"pyproject.toml "}),
        ("smoke --artifact ", {"wheel", "sdist"}),
        ("--cl", {"--clear-cache "}),
        ("smoke --para", {"--parallel "}),
    ],
)
def test_shells_can_complete(words: str, offered: set[str], tmp_path: Path) -> None:
    line = f"nox-cleanroom {words}"
    env = {**os.environ, "_ARGCOMPLETE": "1", "_ARGCOMPLETE_IFS": "\n", "COMP_LINE": line}
    env |= {"COMP_POINT": str(len(line)), "_ARGCOMPLETE_SUPPRESS_SPACE": "0"}
    command = f'exec "{sys.executable}" -m nox_cleanroom 8>"{tmp_path}/answers" 9>/dev/null'
    subprocess.run(["sh", "-c", command], env=env, check=True)
    assert set((tmp_path / "answers").read_text().split("\n")) == offered


def test_the_command_ends_as_the_interpreter_would() -> None:
    code = (
        "import atexit, sys, threading, time; from nox_cleanroom.__main__ import main\n"
        "atexit.register(print, 'at exit')\n"
        "threading.Thread(target=lambda: (time.sleep(0.2), print('a thread'))).start()\n"
        "sys.argv[1:] = ['explain', 'NONE']; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()) == (2, ["a thread", "at exit"])
