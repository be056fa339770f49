"""Bytecode that is kept between environments: taken for what it is, and never for anything else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nox_cleanroom.bytecode import BytecodeStore
from nox_cleanroom.distribution import record_digest
from nox_cleanroom.environment import Facts
from nox_cleanroom.places import ownership

CODE = "VALUE = 1\n"


def facts(site: Path, version: str = "3.11.1") -> Facts:
    return Facts(
        version=version,
        implementation="CPython",
        executable="",
        prefix="",
        platform="",
        tags=(),
        markers={},
        paths={"purelib": str(site), "platlib": str(site)},
    )


def install(site: Path, *, code: str = CODE, link_to: Path | None = None) -> Facts:
    """Install a distribution with one package, as copies, or as links to another installation."""
    package, info = site / "demo", site / "demo-1.0.dist-info"
    package.mkdir(parents=True)
    info.mkdir()
    rows = []
    for name in ("__init__.py", "part.py"):
        if link_to is not None:
            (package / name).hardlink_to(link_to / "demo" / name)
        else:
            (package / name).write_text(code)
        rows.append(f"demo/{name},{record_digest(code.encode())},{len(code)}")
    (info / "RECORD").write_text(
        "\n".join([*rows, "../../bin/demo,sha256=x,1", "demo-1.0.dist-info/RECORD,,"])
    )
    (package / "made_later.py").write_text(code)
    return facts(site)


def run(site: Path, module: str = "demo.part") -> tuple[str, bool]:
    """The value in a module, and whether the module had to be compiled."""
    script = (
        f"import sys; sys.path.insert(0, {str(site)!r}); import {module} as one; print(one.VALUE)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-v", "-c", script],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    source = site / f"{module.replace('.', '/')}.py"
    return done.stdout.strip(), f" matches {source}\n" not in done.stderr


@pytest.fixture
def store(tmp_path: Path) -> BytecodeStore:
    return BytecodeStore(ownership.make(tmp_path / "kept").path)


@pytest.fixture
def first(tmp_path: Path, store: BytecodeStore) -> Path:
    """An installation whose bytecode has been kept."""
    site = tmp_path / "first"
    with store.lent(install(site)):
        assert run(site) == ("1", True)
        run(site, "demo.made_later")
    return site


@pytest.mark.parametrize("linked", [False, True], ids=["copies", "links"])
def test_what_was_compiled_is_not_compiled_again(
    tmp_path: Path, store: BytecodeStore, first: Path, linked: bool
) -> None:
    second = tmp_path / "second"
    with store.lent(install(second, link_to=first if linked else None)):
        assert run(second) == ("1", False)


def test_another_content_is_another_distribution(
    tmp_path: Path, store: BytecodeStore, first: Path
) -> None:
    second = tmp_path / "second"
    with store.lent(install(second, code="VALUE = 2\n")):
        assert run(second) == ("2", True)


def test_a_source_that_was_changed_is_compiled(
    tmp_path: Path, store: BytecodeStore, first: Path
) -> None:
    second = tmp_path / "second"
    with store.lent(install(second)):
        (second / "demo" / "part.py").write_text("VALUE = 3\n")
        assert run(second) == ("3", True)
    assert run(first) == ("1", False)


def test_only_modules_that_record_names_are_kept(store: BytecodeStore, first: Path) -> None:
    kept = {path.name.partition(".")[0] for path in store.root.rglob("*.pyc")}
    assert kept == {"__init__", "part"}


def test_what_is_replaced_meanwhile_is_not_kept_as_what_was_there(
    tmp_path: Path, store: BytecodeStore
) -> None:
    site = tmp_path / "first"
    with store.lent(install(site)):
        shutil.rmtree(site)
        with store.lent(install(site, code="VALUE = 2\n")):
            assert run(site) == ("2", True)
    again = tmp_path / "second"
    with store.lent(install(again)):
        assert run(again) == ("1", True)


def test_a_module_that_is_overwritten_meanwhile_is_not_kept(
    tmp_path: Path, store: BytecodeStore
) -> None:
    site = tmp_path / "first"
    with store.lent(install(site)):
        (site / "demo" / "part.py").write_text("VALUE = 2\n")
        os.utime(site / "demo" / "part.py", (1_000_000_000,) * 2)
        assert run(site) == ("2", True)
    again = tmp_path / "second"
    with store.lent(install(again)):
        assert run(again) == ("1", True)


def test_a_module_of_two_distributions_is_nobodys(
    tmp_path: Path, store: BytecodeStore, first: Path
) -> None:
    site = tmp_path / "second"
    other = site / "other-1.0.dist-info" / "RECORD"
    installed = install(site)
    code = "VALUE = 2\n"
    other.parent.mkdir()
    other.write_text(f"demo/part.py,{record_digest(code.encode())},{len(code)}")
    (site / "demo" / "part.py").write_text(code)
    with store.lent(installed):
        assert run(site) == ("2", True)
    again = tmp_path / "third"
    with store.lent(install(again)):
        assert run(again) == ("1", False)


def test_what_a_link_leads_to_is_left_as_it_is(tmp_path: Path, store: BytecodeStore) -> None:
    cache = tmp_path / "cache"
    install(cache)
    os.utime(cache / "demo" / "part.py", (5, 5))
    site = tmp_path / "first"
    installed = install(site)
    for name in ("__init__.py", "part.py"):
        (site / "demo" / name).unlink()
        (site / "demo" / name).symlink_to(cache / "demo" / name)
    with store.lent(installed):
        assert (cache / "demo" / "part.py").stat().st_mtime == 5


def test_another_interpreter_has_its_own(tmp_path: Path, store: BytecodeStore, first: Path) -> None:
    install(tmp_path / "second")
    with store.lent(facts(tmp_path / "second", version="3.12.1")):
        assert not list((tmp_path / "second").rglob("*.pyc"))


def test_what_has_become_stale_is_replaced(
    tmp_path: Path, store: BytecodeStore, first: Path
) -> None:
    # As a cache that was emptied, and filled at another time.
    for name in ("__init__.py", "part.py"):
        os.utime(first / "demo" / name, (5, 5))
    for number, is_compiled in ((2, True), (3, False)):
        site = tmp_path / str(number)
        with store.lent(install(site, link_to=first)):
            assert run(site) == ("1", is_compiled)


def test_a_store_that_cannot_be_written_to_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file\n")
    store = BytecodeStore(tmp_path / "kept")
    with store.lent(install(tmp_path / "first")):
        assert run(tmp_path / "first") == ("1", True)


def kept_in(store: BytecodeStore) -> list[Path]:
    return [path for path in store.root.iterdir() if path.is_dir()]


def test_the_oldest_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: BytecodeStore
) -> None:
    monkeypatch.setattr("nox_cleanroom.bytecode._KEPT", 2)
    for number in range(4):
        site = tmp_path / str(number)
        with store.lent(install(site, code=f"VALUE = {number}\n")):
            assert run(site) == (str(number), True)
        shutil.rmtree(site)
        for place in kept_in(store):
            os.utime(place, (place.stat().st_mtime - 10,) * 2)
    assert len(kept_in(store)) == 2
    newest = tmp_path / "newest"
    with store.lent(install(newest, code="VALUE = 3\n")):
        assert run(newest) == ("3", False)
