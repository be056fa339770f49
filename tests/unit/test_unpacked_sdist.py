"""A source distribution is unpacked as `tarfile.data_filter` would, whatever it holds."""

from __future__ import annotations

import io
import stat
import tarfile
from pathlib import Path

import pytest

from nox_cleanroom.build.sdist import unpack_sdist
from nox_cleanroom.errors import BuildError

pytestmark = pytest.mark.skipif(
    not hasattr(tarfile, "data_filter"), reason="this Python has no filters"
)

MODES = {
    "p-1/plain.py": 0o644,
    "p-1/program.sh": 0o755,
    "p-1/all.sh": 0o7777,
    "p-1/group.txt": 0o664,
    "p-1/others.txt": 0o011,
    "p-1/secret": 0o000,
    "p-1/read_only": 0o444,
    "p-1/with space/a..b.txt": 0o600,
}


def archive(place: Path, *members: tarfile.TarInfo) -> Path:
    path = place / "p-1.tar.gz"
    with tarfile.open(path, "w:gz") as made:
        for member in members:
            made.addfile(member, io.BytesIO(b"x" * member.size))
    return path


def a_file(name: str, mode: int = 0o644) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.mode, member.size, member.mtime, member.uid = mode, 1, 1_000_000_000, 12345
    return member


def state(root: Path) -> dict[str, tuple[int, float, int]]:
    found = {path: path.lstat() for path in root.rglob("*") if path.is_file()}
    return {
        path.relative_to(root).as_posix(): (stat.S_IMODE(one.st_mode), one.st_mtime, one.st_uid)
        for path, one in found.items()
    }


def test_modes_times_and_owners_are_those_of_the_filter(tmp_path: Path) -> None:
    path = archive(tmp_path, *(a_file(name, mode) for name, mode in MODES.items()))
    for name in ("ours", "theirs"):
        (tmp_path / name).mkdir()
    unpack_sdist(path, tmp_path / "ours")
    with tarfile.open(path) as opened:
        opened.extractall(tmp_path / "theirs", filter="data")
    assert state(tmp_path / "ours") == state(tmp_path / "theirs")
    assert len(state(tmp_path / "ours")) == len(MODES)


def a_link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


OUTSIDE = {
    "a name that climbs": [a_file("p-1/../../evil")],
    "a name that only climbs": [a_file("..")],
    "a link that leads outside": [a_link("p-1/link", "../.."), a_file("p-1/link/evil")],
    "a hard link to a file outside": [a_link("p-1/link", "../secret", tarfile.LNKTYPE)],
    "a device": [a_link("p-1/null", "", tarfile.CHRTYPE)],
}


@pytest.mark.parametrize("members", OUTSIDE.values(), ids=OUTSIDE)
def test_what_leads_outside_is_refused(tmp_path: Path, members: list[tarfile.TarInfo]) -> None:
    (tmp_path / "secret").write_text("")
    (tmp_path / "place").mkdir()
    path = archive(tmp_path, a_file("p-1/a.py"), *members)
    with pytest.raises(BuildError, match="cannot be unpacked"):
        unpack_sdist(path, tmp_path / "place")
    assert not list(tmp_path.parent.glob("evil")) + list(tmp_path.glob("evil"))


def test_an_absolute_name_stays_inside(tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()
    path = archive(tmp_path, a_file("/p-1/a.py"))
    assert [one.name for one in unpack_sdist(path, tmp_path / "place").iterdir()] == ["a.py"]


def test_links_inside_are_kept(tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()
    path = archive(tmp_path, a_file("p-1/a.py"), a_link("p-1/b.py", "a.py"))
    assert (unpack_sdist(path, tmp_path / "place") / "b.py").read_text() == "x"
