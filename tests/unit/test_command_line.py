from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nox_cleanroom.__main__ import run
from nox_cleanroom.sessions.nox_arguments import CommandLine

CWD = Path("/where/it/runs")


def parse(line: str) -> CommandLine:
    return CommandLine.from_arguments(line.split(), CWD)


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("smoke", (("smoke",), (), ())),
        ("clean-check matrix -v", (("clean_check", "matrix"), ("-v",), ())),
        ("-s clean-check", (("clean_check",), (), ())),
        ("-s smoke-3.11 matrix", (("smoke-3.11", "matrix"), (), ())),
        ("smoke -s clean_check --session=matrix", (("smoke", "clean_check", "matrix"), (), ())),
        ("-p 3.11 3.12 -s smoke", (("smoke",), ("-p", "3.11", "3.12"), ())),
        ("-k lint matrix", (("matrix",), ("-k", "lint"), ())),
        ("-j 2 smoke", (("smoke",), ("-j", "2"), ())),
        ("smoke -- --rev v1", (("smoke",), (), ("--", "--rev", "v1"))),
        ("smoke --report r.json", (("smoke",), ("--report", str(CWD / "r.json")), ())),
        ("smoke --envdir=envs", (("smoke",), (f"--envdir={CWD / 'envs'}",), ())),
        ("smoke --report /r.json", (("smoke",), ("--report", "/r.json"), ())),
    ],
)
def test_what_is_ours_and_what_is_noxs(
    line: str, parts: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
) -> None:
    parsed = parse(line)
    assert (parsed.sessions, parsed.nox_options, parsed.ours) == parts


def test_the_value_of_an_option() -> None:
    assert parse("smoke --envdir=envs").value_of("--envdir") == str(CWD / "envs")
    assert parse("smoke --report r").value_of("--report") == str(CWD / "r")
    assert parse("smoke").value_of("--report") is None


def test_help_explains_itself_in_one_screen(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    text = capsys.readouterr().out
    assert len(text.splitlines()) <= 40
    assert max(map(len, text.splitlines())) <= 100
    for word in ("smoke", "matrix", "clean_check", "--clear-cache", "exit status"):
        assert word in text


def test_no_word_at_all_is_a_usage_error_with_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    assert "usage:" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
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
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("newer")
def test_a_python_that_the_project_excludes_has_no_session(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["smoke-3.12"]) == 2
    said = capsys.readouterr().err
    assert "There is no session smoke-3.12: this project supports 3.13, 3.14" in said
    assert "Requires-Python" in said
