"""The files of a release: which of them are one, and which wheel serves which interpreter."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest
from conftest import make_wheel

from nox_cleanroom.build.distributions import read_distributions
from nox_cleanroom.errors import BuildError, CleanroomError, UsageError

LINUX = ("cp312-cp312-manylinux_2_17_x86_64", "cp312-abi3-manylinux_2_17_x86_64", "py3-none-any")


def make_sdist(
    directory: Path, name: str = "demo-1.0.tar.gz", content: bytes = b"x" * 9000
) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / name
    if name.endswith(".zip"):
        with zipfile.ZipFile(path, "w") as zipped:
            zipped.writestr("demo-1.0/PKG-INFO", content)
        return path
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo("demo-1.0/PKG-INFO")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return path


def test_directories_are_searched_and_other_files_are_left_alone(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "dist" / "wheels-linux", {})
    sdist = make_sdist(tmp_path / "dist")
    (tmp_path / "dist" / "SHA256SUMS").write_text("")
    (tmp_path / "dist" / f"{wheel.name}.asc").write_text("")
    found = read_distributions([str(tmp_path / "dist"), str(sdist)])
    assert ([*found.wheels], found.sdist) == ([wheel], sdist)
    assert str(found) == "1 wheel and a source distribution of demo 1.0"


def test_a_copy_of_a_file_is_no_second_file(tmp_path: Path) -> None:
    first = make_wheel(tmp_path / "a", {})
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / first.name).write_bytes(first.read_bytes())
    assert len(read_distributions([str(tmp_path)]).wheels) == 1


@pytest.mark.parametrize(
    ("tags", "best"),
    [
        (["py3-none-any", LINUX[0]], LINUX[0]),
        (["py3-none-any", LINUX[1]], LINUX[1]),
        (["py3-none-any"], "py3-none-any"),
        (["cp312-cp312-win_amd64", "cp312-cp312-macosx_11_0_arm64"], None),
        (["py2.py3-none-any"], "py2.py3-none-any"),
    ],
)
def test_the_wheel_that_an_installer_would_choose(
    tmp_path: Path, tags: list[str], best: str | None
) -> None:
    paths = {tag: make_wheel(tmp_path, {}, tag=tag) for tag in tags}
    assert read_distributions([str(tmp_path)]).best_for(LINUX) == paths.get(best or "")


def test_of_two_build_numbers_the_higher_is_chosen(tmp_path: Path) -> None:
    make_wheel(tmp_path, {}, tag="9-py3-none-any")
    tenth = make_wheel(tmp_path, {}, tag="10-py3-none-any")
    assert read_distributions([str(tmp_path)]).best_for(LINUX) == tenth


def nothing(place: Path) -> None:
    (place / "notes.txt").write_text("")


def projects(place: Path) -> None:
    make_wheel(place, {})
    make_wheel(place, {}, name="other")


def versions(place: Path) -> None:
    make_wheel(place, {})
    make_sdist(place, "demo-1.1.tar.gz")


def builds(place: Path) -> None:
    make_wheel(place / "a", {})
    make_wheel(place / "b", {"demo.py": ""})


def spellings(place: Path) -> None:
    make_wheel(place, {}, name="Demo_Pkg")
    make_wheel(place, {"demo.py": ""}, name="demo_pkg")


def sdists(place: Path) -> None:
    make_sdist(place)
    make_sdist(place, "demo-1.0.zip")


WRONG = {
    "no distribution": (nothing, "There is no wheel and no source distribution in "),
    "two projects": (projects, "There are files of several projects: demo, other."),
    "two versions": (versions, "There are files of several versions: 1.0, 1.1."),
    "two builds": (builds, "There are two builds of the same distribution: "),
    "two builds in other spellings": (spellings, "There are two builds of the same"),
    "two sdists": (sdists, "distribution: demo-1.0.tar.gz, demo-1.0.zip."),
}


@pytest.mark.parametrize(("make", "words"), WRONG.values(), ids=WRONG)
def test_what_is_not_one_release_is_refused(tmp_path: Path, make: object, words: str) -> None:
    assert callable(make)
    make(tmp_path)
    with pytest.raises(UsageError) as caught:
        read_distributions([str(tmp_path)])
    assert words in caught.value.message
    assert caught.value.hint


def test_what_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"There is no '.*dits'"):
        read_distributions([str(tmp_path / "dits")])


@pytest.mark.parametrize("name", ["demo-1.0.tar.gz", "demo-1.0.zip", "demo-1.0-py3-none-any.whl"])
@pytest.mark.parametrize("kept", [0, 20, -30])
def test_a_file_that_was_cut_off_is_one_sentence(tmp_path: Path, name: str, kept: int) -> None:
    path = make_wheel(tmp_path, {}) if name.endswith(".whl") else make_sdist(tmp_path, name)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(CleanroomError, match=r"demo-1\.0") as caught:
        read_distributions([str(tmp_path)])
    assert "\n" not in caught.value.message


def test_a_damaged_member_is_found(tmp_path: Path) -> None:
    path = make_sdist(tmp_path, "demo-1.0.zip")
    content = bytearray(path.read_bytes())
    content[200] ^= 1
    path.write_bytes(content)
    with pytest.raises(BuildError, match=r"demo-1\.0/PKG-INFO is damaged"):
        read_distributions([str(tmp_path)])


@pytest.mark.parametrize("name", ["demo.tar.gz", "demo-latest.zip"])
def test_an_archive_that_is_no_source_distribution_is_refused(tmp_path: Path, name: str) -> None:
    make_sdist(tmp_path, name)
    with pytest.raises(BuildError, match="is no source distribution's name"):
        read_distributions([str(tmp_path)])
