"""What a run says of itself, and what it may not start with."""

from __future__ import annotations

import time
from dataclasses import fields, replace
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from values import Says, tracked

from nox_cleanroom.checkout.commit import Commit
from nox_cleanroom.config.axes import Variant
from nox_cleanroom.config.options import STAGED, WORKING_TREE, Options
from nox_cleanroom.config.settings import Settings
from nox_cleanroom.errors import DirtyCheckoutError
from nox_cleanroom.findings import Waiver
from nox_cleanroom.probes.tracked import Tracked
from nox_cleanroom.results import Cell
from nox_cleanroom.runs import opening
from nox_cleanroom.runs import run as run_module
from nox_cleanroom.runs.run import OpenRun, Request

COMMIT = Commit(oid="a" * 40, subject="A commit.", time=0)


def request(*, install_only: bool = False, **options: Any) -> Request:
    return Request(
        session="smoke",
        project=Path("/checkout/lib"),
        options=replace(Options(), **options),
        backend="uv",
        download="never",
        exempt=(),
        env={},
        install_only=install_only,
    )


def open_run(
    *, install_only: bool = False, settings: Settings | None = None, **options: Any
) -> OpenRun:
    """A run in which nothing can be done, with these settings and options."""
    values: dict[str, Any] = dict.fromkeys(field.name for field in fields(OpenRun))
    values |= {
        "request": request(install_only=install_only, **options),
        "source": SimpleNamespace(
            project="lib",
            commit=COMMIT,
            settings=settings or Settings(),
            checkout=SimpleNamespace(describe=lambda commit: f"v1-0-g{commit.short}"),
            missing_submodules=("sub",),
            pyproject={},
            supported=["3.11"],
        ),
        "watch": SimpleNamespace(uncommitted=(b"a", b"b"), changes=(), refs=()),
        "epoch": time.monotonic() - 2,
        "started_at": datetime(2026, 1, 1, tzinfo=timezone.utc),
        "notes": ("A note.",),
    }
    return OpenRun(**values)


def test_an_option_wins_over_the_settings() -> None:
    settings = Settings(
        artifacts=("wheel", "sdist"), resolutions=("highest", "lowest-direct"), extras=(("a",),)
    )
    assert open_run().variants == (Variant(),)
    assert open_run(settings=settings).variants == (
        Variant(extras=("a",)),
        Variant(artifact="sdist", extras=("a",)),
        Variant(resolution="lowest-direct", extras=("a",)),
    )
    chosen = open_run(settings=settings, artifact="sdist", resolution="highest", extras="all")
    assert chosen.variants == (Variant(artifact="sdist", extras="all"),)


@pytest.mark.parametrize(
    ("more", "compares"),
    [
        ({}, True),
        ({"artifact": "wheel"}, False),
        ({"settings": Settings(artifacts=("wheel",))}, False),
        ({"install_only": True}, False),
    ],
)
def test_a_matrix_compares_with_the_sdist_unless_it_is_said_what_to_build(
    more: dict[str, Any], compares: bool
) -> None:
    assert open_run(**more).compares_sdist is compares


def test_the_record_of_a_run() -> None:
    finding = Says("imports").failed("demo.old", "It broke.")
    cell = Cell(name="smoke-3.11", python="3.11", findings=(finding,))
    waivers = tuple(
        Waiver(pattern=pattern, reason="r") for pattern in ("imports:demo.old", "imports:new")
    )
    settings = Settings(ignore=waivers)
    run = open_run(settings=settings, strict=True).finish([cell], missing=("3.14",))
    assert (run.session, run.cells, run.missing, run.strict) == ("smoke", (cell,), ("3.14",), True)
    assert (run.subject.commit, run.subject.project, run.subject.uncommitted) == (
        "a" * 40,
        "lib",
        2,
    )
    assert run.waivers == waivers
    assert run.notes == (
        "A note.",
        '`ignore` has "imports:new", which matched nothing on this Python',
    )
    assert run.started_at == "2026-01-01T00:00:00+00:00"
    assert 2 <= run.duration < 60


def test_what_git_tracks_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    def list_tracked(*_: object, **more: Any) -> Tracked:
        asked.append(more)
        return tracked()

    monkeypatch.setattr(run_module, "list_tracked", list_tracked)
    run = open_run()
    assert run.tracked is run.tracked
    assert asked == [
        {"refs": (), "subdirectory": "lib", "missing_submodules": ("sub",), "pyproject": {}}
    ]


def test_a_checkout_that_must_be_clean_is_told_what_is_not() -> None:
    opening._require_clean(cast("Any", SimpleNamespace(uncommitted=())))
    paths = [f"{number:02}".encode() for number in range(12)]
    with pytest.raises(DirtyCheckoutError) as raised:
        opening._require_clean(cast("Any", SimpleNamespace(uncommitted=paths)))
    assert raised.value.message == (
        "The checkout has 12 uncommitted paths: 00, 01, 02, 03, 04, 05, 06, 07, 08, 09 and 2 more."
    )


def notes(
    project: Path,
    *,
    uncommitted: int = 0,
    reclaimed: int = 0,
    letters: bytes = b" M",
    **more: Any,
) -> list[str]:
    """The notes on a run whose commit has one constraint in its settings."""
    source = SimpleNamespace(
        settings=Settings(constraints=("numpy<2",)),
        pyproject={"tool": {"nox-cleanroom": {"a": 1}}},
        checkout=SimpleNamespace(root=project),
        project=".",
    )
    watch = SimpleNamespace(uncommitted=dict.fromkeys(map(bytes, range(uncommitted)), letters))
    installers = SimpleNamespace(notes=("An installer's note.",))
    return list(
        opening._notes(
            replace(request(**more), project=project),
            cast("Any", source),
            cast("Any", watch),
            cast("Any", installers),
            reclaimed,
        )
    )


ALWAYS = ["An installer's note.", "`constraints` limit the installed versions: numpy<2"]


def test_what_a_user_should_know_beforehand(tmp_path: Path) -> None:
    text = "[tool.nox-cleanroom]\na = 1\n"
    (tmp_path / "pyproject.toml").write_text(text)
    assert notes(tmp_path) == ALWAYS
    assert notes(tmp_path, uncommitted=1)[0] == "1 uncommitted path is not part of what is tested"
    (tmp_path / "pyproject.toml").write_text(text.replace("1", "2"))
    assert notes(tmp_path, uncommitted=1200, reclaimed=3, install_only=True) == [
        "installed only; nothing was tested (--install-only)",
        "1,200 uncommitted paths are not part of what is tested",
        (
            "[tool.nox-cleanroom] of the checkout differs from the commit's, which is the one that"
            " counts"
        ),
        "removed the files of 3 killed runs",
        *ALWAYS,
    ]
    (tmp_path / "pyproject.toml").write_text("no TOML")
    assert notes(tmp_path) == ALWAYS


@pytest.mark.parametrize(
    ("rev", "letters", "is_told"),
    [
        (STAGED, b"M ", False),
        (STAGED, b"MM", True),
        (STAGED, b"??", True),
        (WORKING_TREE, b"MM", False),
        ("HEAD", b"M ", True),
    ],
)
def test_what_is_not_tested_is_counted(
    tmp_path: Path, rev: str, letters: bytes, is_told: bool
) -> None:
    told = notes(tmp_path, uncommitted=1, letters=letters, rev=rev)
    assert ("1 uncommitted path is not part of what is tested" in told) == is_told
