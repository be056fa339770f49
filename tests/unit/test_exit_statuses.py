"""What `nox-cleanroom` exits with, from what nox and the sessions left word of."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from nox_cleanroom import __main__ as command
from nox_cleanroom.errors import CleanroomError, Code
from nox_cleanroom.places import clearing
from nox_cleanroom.places.clearing import Cleared
from nox_cleanroom.sessions import without_noxfile

MISSING = {"result": "failed", "reason": "Python interpreter 3.14 not found"}

#: Nox's status, what sessions left word of, what nox's report says, and our status.
STATUSES: dict[str, tuple[int, list[str], list[dict[str, Any]], int]] = {
    "all is well": (0, ["[]"], [{"result": "success"}], 0),
    "a session failed": (1, ['["PROBE_FAILED"]'], [{"result": "failed", "reason": None}], 1),
    "of several the worst": (1, ['["PROBE_FAILED"]', '["DIRTY_REPO_POST", "TIMEOUT"]'], [], 30),
    "an excluded Python is no failure": (0, ['["PYTHON_EXCLUDED"]'], [], 0),
    "interrupted": (130, ['["PROBE_FAILED"]'], [], 130),
    "nox did not understand": (2, [], [], 2),
    "nox did not understand, in another way": (3, ['["PROBE_FAILED"]'], [], 2),
    "an interpreter is missing": (1, [], [MISSING], 1),
    "it failed without a word": (1, [], [], 3),
    "another session's reason": (1, [], [{"result": "failed", "reason": "pytest failed"}], 3),
    "a word that was cut off": (1, ['["PROBE_'], [], 3),
    "a word that is none": (1, ['["BROKEN"]'], [], 3),
    "a word that is a number": (1, ["3"], [], 3),
    "a word that is deep": (1, ["[" * 100_000], [], 3),
}


@pytest.mark.parametrize(("nox", "words", "report", "status"), STATUSES.values(), ids=STATUSES)
def test_statuses(
    tmp_path: Path, nox: int, words: list[str], report: list[dict[str, Any]], status: int
) -> None:
    for number, text in enumerate(words):
        (tmp_path / f"{number}.json").write_text(text)
    (tmp_path / "report").write_text(json.dumps({"sessions": report}))
    assert without_noxfile._own_status(nox, tmp_path, tmp_path / "report") == status


@pytest.mark.parametrize("text", ["", "[]", "{}", "[" * 100_000])
def test_a_report_that_is_none_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "report").write_text(text)
    assert without_noxfile._own_status(0, tmp_path, tmp_path / "report") == 0
    assert without_noxfile._own_status(0, tmp_path, tmp_path / "absent") == 0


@pytest.mark.parametrize(("code", "status"), [(0, 0), (7, 7), (None, 0), ("words", 1)])
def test_nox_is_called_as_from_a_shell(
    monkeypatch: pytest.MonkeyPatch, code: object, status: int
) -> None:
    seen: list[list[str]] = []

    def nox() -> None:
        seen.append([*sys.argv, os.environ["X"], os.environ["PYTHONSAFEPATH"]])
        raise SystemExit(code)

    monkeypatch.setattr("nox.__main__.main", nox)
    monkeypatch.setattr(sys, "argv", ["before"])
    monkeypatch.setattr(without_noxfile, "hand_over_arguments", lambda: None)
    monkeypatch.setenv("NOXSESSION", "lint")
    monkeypatch.setenv("PYTHONSAFEPATH", "")
    monkeypatch.setenv("X", "")
    assert without_noxfile._call_nox(["-s", "smoke"], {"X": "y"}) == status
    assert seen == [["nox", "-s", "smoke", "y", "1"]]
    assert "NOXSESSION" not in os.environ


def test_nox_may_just_return(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nox.__main__.main", lambda: None)
    monkeypatch.setattr(sys, "argv", ["before"])
    monkeypatch.setattr(without_noxfile, "hand_over_arguments", lambda: None)
    monkeypatch.setenv("PYTHONSAFEPATH", "")
    assert without_noxfile._call_nox([], {}) == 0


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (CleanroomError("No.", hint="Do.", code=Code.NO_COMMITS), 3, "NO_COMMITS: No.\n  -> Do."),
        (OSError(13, "Permission denied", "/x"), 3, "NOT_WRITABLE: [Errno 13] Permission denied"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_what_stops_it_is_a_sentence_and_a_status(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    status: int,
    words: str,
) -> None:
    def stop(line: object) -> int:
        raise error

    monkeypatch.setattr(without_noxfile, "run_nox", stop)
    assert command.run(["smoke"]) == status
    err = capsys.readouterr().err
    assert words in err
    assert "Traceback" not in err


def test_what_clearing_came_to_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cleared = Cleared(
        removed=[Path("a"), Path("b")], used=[Path("c")], kept=[Path("d")], freed=2_500_000
    )
    monkeypatch.setattr(clearing, "clear", lambda: cleared)
    assert command.run(["--clear-cache"]) == 0
    said = capsys.readouterr()
    assert said.out == "removed 2 directories, 2.5 MB\n"
    assert said.err == (
        "left alone because it is in use or has a mount in it: c\n"
        "left alone because a run was told to keep it: d\n"
    )
