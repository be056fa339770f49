"""Nothing is deleted that is not ours, whatever its name, its age and its place."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from filelock import FileLock

from nox_cleanroom.build.worktree import reclaim
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.errors import CleanroomError
from nox_cleanroom.places import deletion, files, layout, ownership
from nox_cleanroom.places.clearing import clear
from nox_cleanroom.places.ownership import LOCK, RECORD
from nox_cleanroom.places.projects import reserve_project
from nox_cleanroom.places.workspace import create_workspace, reserve_environments


def cache() -> Path:
    return Path(os.environ["XDG_CACHE_HOME"], "nox-cleanroom")


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    """A directory of the user's."""
    place = tmp_path / "precious"
    (place / "deep").mkdir(parents=True)
    (place / "deep" / "file").write_text("precious")
    return place


def is_whole(precious: Path) -> bool:
    return (precious / "deep" / "file").read_text() == "precious"


def abandoned(checkout: Checkout) -> Path:
    """The workspace of a run that was killed."""
    with create_workspace(checkout.root, keep=True) as workspace:
        record = json.loads((workspace.root / RECORD).read_text())
        record["about"] = {}
        (workspace.root / RECORD).write_text(json.dumps(record))
    return workspace.root


def test_an_abandoned_workspace_goes(checkout: Checkout) -> None:
    place = abandoned(checkout)
    assert reclaim(checkout) == 1
    assert not place.exists()


def plant_link(place: Path, precious: Path) -> Path:
    shutil.rmtree(place)
    place.symlink_to(precious)
    return precious


def plant_inner_link(place: Path, precious: Path) -> Path:
    (place / "worktree-1").symlink_to(precious)
    return precious


def plant_directory(place: Path, precious: Path) -> Path:
    shutil.rmtree(place)
    precious.rename(place)
    return place


def plant_copy(place: Path, precious: Path) -> Path:
    copy = place.with_name("copy")
    shutil.copytree(place, copy)
    shutil.copytree(precious, copy, dirs_exist_ok=True)
    return copy


def plant_record(place: Path, precious: Path) -> Path:
    record = json.loads((place / RECORD).read_text())
    (precious / RECORD).write_text(json.dumps({**record, "uid": 12345}))
    return plant_directory(place, precious)


def plant_linked_record(place: Path, precious: Path) -> Path:
    (precious / RECORD).symlink_to(place.rename(place.parent.parent / "moved") / RECORD)
    precious.rename(place)
    return place


def plant_nonsense(place: Path, precious: Path) -> Path:
    (precious / RECORD).write_bytes(b"\xff{]")
    return plant_directory(place, precious)


def plant_in_temporary_directory(_place: Path, precious: Path) -> Path:
    for name in ("nox-cleanroom-link", f"nox-cleanroom-{os.geteuid()}"):
        link = Path(os.environ["TMPDIR"]) / name
        link.symlink_to(precious)
        os.utime(link, (0, 0), follow_symlinks=False)
    return precious


def plant_sources(_place: Path, precious: Path) -> Path:
    sources = Path(os.environ["TMPDIR"]) / "nox-cleanroom-1.0"
    precious.rename(sources)
    os.utime(sources, (0, 0))
    return sources


PLANTS: dict[str, Callable[[Path, Path], Path]] = {
    "a link in place of a workspace": plant_link,
    "a link in a workspace": plant_inner_link,
    "a directory in place of a workspace": plant_directory,
    "a copy of a workspace with more in it": plant_copy,
    "a record of another user's": plant_record,
    "a link to a record": plant_linked_record,
    "a record that is none": plant_nonsense,
    "links in the temporary directory": plant_in_temporary_directory,
    "sources in the temporary directory": plant_sources,
}


@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS.keys())
@pytest.mark.parametrize("act", [reclaim, lambda _: clear()], ids=["reclaim", "clear"])
def test_what_is_not_ours_stays(
    checkout: Checkout,
    precious: Path,
    plant: Callable[[Path, Path], Path],
    act: Callable[[Checkout], object],
) -> None:
    kept = plant(abandoned(checkout), precious)
    act(checkout)
    assert is_whole(kept)


def test_a_record_counts_after_a_restart(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Devices are numbered anew when the system starts.
    place = abandoned(checkout)
    record = json.loads((place / RECORD).read_text())
    (place / RECORD).write_text(json.dumps({**record, "device": 1, "inode": 2}))
    assert reclaim(checkout) == 0
    (place / RECORD).write_text(json.dumps({**record, "device": 1, "boot": "before"}))
    assert reclaim(checkout) == 1


@pytest.fixture
def mount(checkout: Checkout, precious: Path) -> Iterator[tuple[Path, Path]]:
    """A workspace in which a directory of the user's is mounted."""
    place = abandoned(checkout)
    inside = place / "a b" / "inside"
    inside.mkdir(parents=True)
    command = ["mount", "--bind", str(precious), str(inside)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only where a directory can be mounted")
    yield place, inside
    subprocess.run(["umount", "-l", str(inside)], check=False)


def test_what_is_mounted_in_a_workspace_stays(
    checkout: Checkout, precious: Path, mount: tuple[Path, Path]
) -> None:
    place, inside = mount
    assert reclaim(checkout) == 0
    assert is_whole(precious)
    assert is_whole(inside)
    owned = ownership.recognise(place)
    assert owned is not None
    with pytest.raises(CleanroomError, match="is a mount point"):
        deletion.delete(owned)


def test_where_no_list_of_mounts_is_another_device_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "inner").mkdir()
    assert list(deletion._other_devices(tmp_path)) == []
    real = os.lstat

    def lstat(path: str) -> os.stat_result:
        found = list(real(path))
        found[2] += str(path).endswith("inner")
        return os.stat_result(found)

    monkeypatch.setattr("nox_cleanroom.places.deletion.os.lstat", lstat)
    assert list(deletion._other_devices(tmp_path)) == [str(tmp_path / "inner")]


def test_a_directory_that_changed_its_identity_is_not_deleted(tmp_path: Path) -> None:
    owned = ownership.make(tmp_path / "ours")
    (tmp_path / "ours").rename(tmp_path / "away")
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "file").touch()
    deletion.delete(owned)
    assert (tmp_path / "ours" / "file").exists()


def test_the_way_to_what_is_deleted_leads_through_no_link(tmp_path: Path, precious: Path) -> None:
    owned = ownership.make(tmp_path / "ours")
    (tmp_path / "ours" / "way").symlink_to(precious)
    deletion.delete(owned, tmp_path / "ours" / "way" / "deep")
    assert is_whole(precious)
    deletion.delete(owned)
    assert is_whole(precious)
    assert not (tmp_path / "ours").exists()


def test_what_cannot_be_removed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owned = ownership.make(tmp_path / "ours")
    monkeypatch.setattr("nox_cleanroom.places.deletion._remove", lambda path: None)
    monkeypatch.setattr("nox_cleanroom.places.deletion._PATIENCE_SECONDS", 0.1)
    with pytest.raises(CleanroomError, match="could not be removed"):
        deletion.delete(owned)


def test_a_live_run_is_not_taken_for_abandoned(checkout: Checkout) -> None:
    with (
        create_workspace(checkout.root) as workspace,
        reserve_environments(checkout.root, workspace),
    ):
        with reserve_project(checkout.root) as project:
            assert reclaim(checkout) == 0
            cleared = clear()
            assert workspace.root.exists()
            assert project.home.path.exists()
            assert len(cleared.used) == 3


def test_a_workspace_without_a_record_is_left_unless_it_is_empty(checkout: Checkout) -> None:
    with create_workspace(checkout.root) as workspace:
        section = workspace.root.parent
    (section / "empty").mkdir()
    (section / "full").mkdir()
    (section / "full" / "file").touch()
    reclaim(checkout)
    assert [path.name for path in section.iterdir()] == ["full"]


def test_who_cleans_up_never_takes_a_workspace_that_is_just_being_made(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = ownership.make
    taken: list[Path] = []

    def make_and_lose(path: Path, **about: object) -> ownership.Owned:
        owned = make(path, **about)
        if not taken:
            taken.append(path)
            assert reclaim(checkout) == 1
        return owned

    monkeypatch.setattr(ownership, "make", make_and_lose)
    with create_workspace(checkout.root) as workspace:
        assert workspace.root not in taken
        assert sorted(os.listdir(workspace.root)) == [RECORD, LOCK]
    assert os.listdir(workspace.root.parent) == []


def foreign(base: Path) -> None:
    base.mkdir()
    os.chown(base, 12345, 12345)


def foreign_link(base: Path, precious: Path) -> None:
    base.symlink_to(precious)
    os.chown(base, 12345, 12345, follow_symlinks=False)


BASES: dict[str, Callable[[Path, Path], object]] = {
    "a file": lambda base, _: base.touch(),
    "another user's": lambda base, _: foreign(base),
    "another user's link": lambda base, precious: foreign_link(base, precious),
    "a link that leads nowhere": lambda base, _: base.symlink_to("/nowhere/at/all"),
}


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives a directory away"
)
@pytest.mark.parametrize("plant", BASES.values(), ids=BASES.keys())
def test_what_others_put_where_our_directory_belongs_breaks_nothing(
    checkout: Checkout,
    precious: Path,
    monkeypatch: pytest.MonkeyPatch,
    plant: Callable[[Path, Path], object],
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null/nowhere")
    base = Path(os.environ["TMPDIR"], f"nox-cleanroom-{os.geteuid()}")
    plant(base, precious)
    with create_workspace(checkout.root) as workspace:
        assert workspace.root.parents[1] == base.with_name(f"{base.name}-2")
    assert is_whole(precious)


def test_our_directory_is_closed_to_others_also_when_it_was_open(checkout: Checkout) -> None:
    cache().mkdir(parents=True)
    cache().chmod(0o777)
    with create_workspace(checkout.root) as workspace:
        for directory in (workspace.root, *workspace.root.parents[:2]):
            assert directory.stat().st_mode & 0o077 == 0


def test_a_cache_that_the_user_moved_to_another_disk_is_used(
    checkout: Checkout, tmp_path: Path
) -> None:
    (tmp_path / "disk").mkdir()
    cache().parent.mkdir(parents=True)
    cache().symlink_to(tmp_path / "disk")
    with create_workspace(checkout.root) as workspace:
        assert workspace.root.is_relative_to(tmp_path / "disk")


def test_clearing_removes_all_that_is_ours_and_says_how_much(
    checkout: Checkout, precious: Path
) -> None:
    with reserve_project(checkout.root) as project:
        (project.home.path / "wheel").write_bytes(b"x" * 1000)
    store = layout.open_store("bytecode")
    assert store is not None
    (store.path / "kept").mkdir()
    (store.path / "kept" / "x.pyc").write_bytes(b"x" * 500)
    with (
        create_workspace(checkout.root) as workspace,
        reserve_environments(checkout.root, workspace),
    ):
        pass
    FileLock(layout.cache_directory("locks") / "a.lock").acquire().lock.release()
    key = layout.digest_key()
    abandoned(checkout)
    with create_workspace(checkout.root, keep=True) as asked_for:
        pass
    (cache() / "projects" / "mine").symlink_to(precious)
    cleared = clear()
    assert cleared.freed > 1500
    # A place of this user that lies elsewhere may hold something, too.
    assert len([one for one in cleared.removed if one.is_relative_to(cache())]) == 4
    assert cleared.used == []
    assert cleared.kept == [asked_for.root]
    left = {
        path.relative_to(cache()).as_posix()
        for path in cache().rglob("*")
        if path.name not in {RECORD, LOCK} and path.parent != cache()
    }
    assert layout.digest_key() != key
    left.discard("keys/digest")
    # A store stays, for a run may be using it.
    assert left == {"projects/mine", f"runs/{asked_for.root.name}", "stores/bytecode"}
    assert is_whole(precious)


def test_tidying_an_old_project_never_fails_a_run(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nox_cleanroom.places.projects._KEPT", 0)
    with reserve_project(tmp_path / "old"):
        pass

    def refuse(owned: ownership.Owned, inner: Path | None = None) -> None:
        raise CleanroomError("It is stuck.")

    monkeypatch.setattr(deletion, "delete", refuse)
    with reserve_project(checkout.root) as project:
        assert project.home.path.exists()


def test_another_users_directories_are_none_of_ours(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = abandoned(checkout)
    assert ownership.recognise(place) is not None
    monkeypatch.setattr("nox_cleanroom.places.ownership._uid", lambda: 12345)
    assert ownership.recognise(place) is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such lock")
def test_where_nothing_can_be_locked_nothing_is_reclaimed(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = abandoned(checkout)

    def refuse(*_: object, **__: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr("filelock.FileLock.acquire", refuse)
    assert reclaim(checkout) == 0
    assert place.exists()


def test_where_the_cache_has_no_locks_another_place_is_taken(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    acquire = FileLock.acquire

    def refuse_there(lock: FileLock, *words: object, **more: object) -> object:
        if Path(lock.lock_file).is_relative_to(os.environ["XDG_CACHE_HOME"]):
            raise NotImplementedError
        return acquire(lock, *words, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("filelock.FileLock.acquire", refuse_there)
    with create_workspace(checkout.root) as workspace, reserve_project(checkout.root) as project:
        for place in (workspace.root, project.home.path):
            assert place.is_relative_to(os.environ["TMPDIR"])


def test_a_file_with_another_name_elsewhere_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "precious").touch(0o400)
    owned = ownership.make(tmp_path / "ours")
    (owned.path / "inner").mkdir()
    (owned.path / "inner" / "link").hardlink_to(tmp_path / "precious")
    (owned.path / "inner").chmod(0o500)
    deletion._unlock_and_retry(os.unlink, str(owned.path / "inner" / "link"), None)
    assert not (owned.path / "inner" / "link").exists()
    assert (tmp_path / "precious").stat().st_mode & 0o777 == 0o400


def test_a_store_that_is_cleared_while_it_is_used_is_still_ours(checkout: Checkout) -> None:
    store = layout.open_store("bytecode")
    assert store is not None
    (store.path / "kept").mkdir()
    clear()
    assert not (store.path / "kept").exists()
    assert layout.open_store("bytecode") == store


def test_a_directory_of_the_users_with_our_name_is_left(checkout: Checkout) -> None:
    (cache() / "locks").mkdir(parents=True)
    (cache() / "locks" / "deps.lock").touch()
    cache().chmod(0o755)
    with create_workspace(checkout.root) as workspace:
        assert workspace.root.parents[1].name == "nox-cleanroom-2"
    clear()
    assert (cache() / "locks" / "deps.lock").exists()
    assert cache().stat().st_mode & 0o777 == 0o755


def test_looking_for_workspaces_changes_no_permissions(checkout: Checkout, tmp_path: Path) -> None:
    place = tmp_path / "mine"
    place.mkdir(0o755)
    entry = checkout.common_dir / "worktrees" / "x"
    entry.mkdir(parents=True)
    (entry / "gitdir").write_text(f"{place / 'runs' / 'w' / 'tree'}/.git\n")
    ownership.adopt(entry, workspace=str(place / "w"))
    reclaim(checkout)
    assert place.stat().st_mode & 0o777 == 0o755


def test_a_record_that_names_no_workspace_breaks_nothing(checkout: Checkout) -> None:
    entry = checkout.common_dir / "worktrees" / "x"
    entry.mkdir(parents=True)
    ownership.adopt(entry)
    assert reclaim(checkout) == 0


def test_the_threads_of_a_first_run_have_one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    write, together = files.write_whole, threading.Barrier(8)

    def write_late(path: Path, content: bytes) -> None:
        time.sleep(0.05)
        write(path, content)

    def ask() -> bytes:
        together.wait()
        return layout.digest_key()

    monkeypatch.setattr(layout, "write_whole", write_late)
    # A run has a place before it has threads.
    layout.cache_directory("keys")
    with ThreadPoolExecutor(8) as threads:
        keys = [threads.submit(ask) for _ in range(8)]
    assert len({key.result() for key in keys}) == 1
