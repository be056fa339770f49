"""What is broken in a wheel, or in what comes back from its code, is told and breaks nothing."""

from __future__ import annotations

import ast
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import make_wheel
from packaging.requirements import Requirement
from packaging.specifiers import InvalidSpecifier

from nox_cleanroom.build.archive import read_wheel, search_contents
from nox_cleanroom.build.hooks import HooksResult, read_answer
from nox_cleanroom.config.pyproject import parse_toml
from nox_cleanroom.config.pythons import poetry_specifier, requires_python
from nox_cleanroom.entry_points import EntryPoint
from nox_cleanroom.environments.environment import Facts
from nox_cleanroom.environments.installing import prove_identity
from nox_cleanroom.environments.interpreter_questions import Program, _read_answers
from nox_cleanroom.environments.pip_and_uv_configuration import read_user_settings
from nox_cleanroom.errors import BuildError, ConfigError, InstallError
from nox_cleanroom.requirements import applies, is_decidable
from nox_cleanroom.wheels import Wheel

INFO = "demo-1.0.dist-info"


def wheel_with(place: Path, **files: str) -> Wheel:
    """A wheel whose dist-info has further files, or other ones."""
    members = {f"{INFO}/{name}": text for name, text in files.items()}
    path = make_wheel(place, {"demo.py": "", **{k: v for k, v in members.items() if k.endswith(("RECORD", ".txt"))}})  # fmt: skip
    return read_wheel(path)


@pytest.mark.parametrize(
    "text",
    ["no section\n", "[a]\nx\n", "x = y\n[a]\n", "[a\nb = c\n", "\0\n", "[a]\n\n  x\n = y\n"],
)
def test_entry_points_that_cannot_be_read_are_a_problem_and_no_crash(
    tmp_path: Path, text: str
) -> None:
    wheel = wheel_with(tmp_path, **{"entry_points.txt": text})
    assert wheel.entry_points == ()
    assert wheel.entry_points_problem


def test_entry_points_that_are_stated_twice_can_be_read(tmp_path: Path) -> None:
    wheel = wheel_with(tmp_path, **{"entry_points.txt": "[g]\na = x\na = y\n[g]\na = z\n"})
    assert wheel.entry_points == (EntryPoint(group="g", name="a", value="z"),)
    assert not wheel.entry_points_problem


@pytest.mark.parametrize("row", ["x" * 200_000 + ",,\n", '"' + "y" * 200_000])
def test_a_record_that_is_no_csv_is_a_problem_and_no_crash(tmp_path: Path, row: str) -> None:
    wheel = wheel_with(tmp_path, RECORD=f"demo.py,,\n{row}")
    assert [one.name for one in wheel.record] == ["demo.py"]
    assert wheel.record_problem


@pytest.mark.parametrize("tag", ["foo", "a-b", "a-b-c-d", "", "\0", "py3-none-any foo"])
def test_a_tag_that_is_none_is_a_tag_that_differs(tmp_path: Path, tag: str) -> None:
    path = make_wheel(tmp_path, {})
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    contents[f"{INFO}/WHEEL"] = f"Wheel-Version: 1.0\nTag: {tag}\n".encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    assert read_wheel(path).stated_tags != read_wheel(path).tags


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 1000,
        bytes(range(256)) * 20,
        b"Name: demo\nName: other\nVersion: 1\nVersion: 2\n",
        b"Requires-Python: >=3 or so\nRequires-Dist: ???\nProject-URL: x\nKeywords: \xff\n",
        b"Description-Content-Type: text/markdown; charset=x\n\n\xff\xfe",
        b"Requires-Dist\nName\n: x\n \n",
    ],
)
def test_metadata_of_any_bytes_can_be_looked_at(tmp_path: Path, content: bytes) -> None:
    path = make_wheel(tmp_path, {})
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("WHEEL", "RECORD"):
            archive.writestr(f"{INFO}/{name}", "")
        archive.writestr(f"{INFO}/METADATA", content)
    wheel = read_wheel(path)
    assert isinstance(wheel.metadata, dict)
    assert isinstance(wheel.licence_files, tuple)
    assert isinstance(wheel.requirements, tuple)


def damage(path: Path, how: str) -> None:
    data = bytearray(path.read_bytes())
    place = data.index(b"MARKED CONTENT")
    if how == "another content":
        data[place] ^= 1
    elif how == "cut off":
        del data[place:]
    elif how == "unknown compression":
        data[8:10] = data[data.rindex(b"PK\x01\x02") + 10 :][:2] = b"\x63\0"
        central = data.index(b"PK\x01\x02")
        data[central + 10 : central + 12] = b"\x63\0"
    elif how == "encrypted":
        central = data.index(b"PK\x01\x02")
        data[6] |= 1
        data[central + 8] |= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("how", ["another content", "cut off", "unknown compression", "encrypted"])
@pytest.mark.parametrize(
    "read", [read_wheel, lambda path: search_contents(path, ["x"])], ids=["wheel", "traces"]
)
def test_a_damaged_archive_is_the_builds_fault(
    tmp_path: Path, how: str, read: Callable[[Path], object]
) -> None:
    path = make_wheel(tmp_path, {"a.py": "MARKED CONTENT"})
    damage(path, how)
    with pytest.raises(BuildError, match=r"cannot be read|is not a wheel"):
        read(path)


def test_paths_of_the_build_count_wherever_a_package_keeps_its_files(tmp_path: Path) -> None:
    vendored = "demo/_vendor/other-1.0.dist-info/direct_url.json"
    path = make_wheel(tmp_path, {vendored: "/a/build/x", f"{INFO}/direct_url.json": "/a/build/x"})
    assert search_contents(path, ["/a/build"]) == ({vendored: "/a/build"}, [])


@pytest.mark.parametrize(
    ("text", "is_trace"),
    [
        ("WHERE = '/home/me/demo'", True),
        ("WHERE = '/home/me/demo/part'", True),
        ("WHERE = '/home/me/demo-data'", False),
        ("WHERE = '/home/me/demo2'", False),
        # Any text may name a directory at the top.
        ("WHERE = '/app/settings'", False),
    ],
)
def test_a_path_counts_as_a_whole(tmp_path: Path, text: str, is_trace: bool) -> None:
    traces, _ = search_contents(make_wheel(tmp_path, {"a.py": text}), ["/home/me/demo", "/app"])
    assert traces == ({"a.py": "/home/me/demo"} if is_trace else {})


def test_a_pointer_of_git_lfs_is_told_from_a_text_about_it(tmp_path: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    path = make_wheel(tmp_path, {"a.csv": pointer, "b.py": f"# {pointer}"})
    assert search_contents(path, [])[1] == ["a.csv"]


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nox_cleanroom.build.archive._UNPACKED_BYTES", 1000)
    path = make_wheel(tmp_path, {"a.py": "x" * 2000})
    with pytest.raises(BuildError, match="would unpack to"):
        read_wheel(path)


def test_a_description_is_not_read_whatever_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nox_cleanroom.build.archive._DESCRIPTION_BYTES", 10)
    with pytest.raises(BuildError, match="too large"):
        read_wheel(make_wheel(tmp_path, {}))


def facts(place: Path) -> Facts:
    paths = dict.fromkeys(("purelib", "platlib", "scripts", "data", "headers"), str(place))
    return Facts(
        version="3", implementation="", cache_tag="", executable="", prefix=str(place), platform="", tags=(), markers={}, paths=paths
    )  # fmt: skip


@pytest.mark.parametrize(
    "row",
    [
        "/dev/zero",
        "../../../../../../../../dev/zero",
        "pipe",
        "directory",
        "absent",
        "a\0b",
        "{large}",
    ],
)
def test_a_record_leads_nobody_to_read_what_is_no_file_of_the_wheel(
    tmp_path: Path, row: str
) -> None:
    site = tmp_path / "site"
    (site / "directory").mkdir(parents=True)
    os.mkfifo(site / "pipe")
    with (tmp_path / "large").open("wb") as file:
        file.truncate(2**40)
    named = row.format(large=tmp_path / "large")
    for members in ({}, {named.replace("\0", "_"): ""}):
        record = f"{named},sha256=x,\n"
        wheel = read_wheel(make_wheel(tmp_path, {**members, f"{INFO}/RECORD": record}))
        if wheel.record_problem:
            # Before 3.11 no line with a NUL can be read.
            assert "NUL" in wheel.record_problem
            continue
        with pytest.raises(InstallError, match=r"is missing|has another content"):
            prove_identity(wheel, facts(site))


@pytest.mark.parametrize(
    "marker", ["os_name ~= 'posix'", "python_version ~= 'x'", "'a' ~= os_name"]
)
def test_a_marker_that_cannot_be_decided_is_told(marker: str) -> None:
    requirement = Requirement(f"idna; {marker}")
    markers = {"os_name": "posix", "python_version": "3.11"}
    assert not applies(requirement, markers)
    assert not is_decidable(requirement, markers)
    assert is_decidable(Requirement("idna; os_name == 'posix'"), markers)


#: Documents that a parser of TOML does not merely find wrong.
HOPELESS = {
    "deep": "a = " + "[" * 50_000,
    "deep and closed": "a = " + "[" * 50_000 + "]" * 50_000,
    "deep tables": "a = " + "{a = " * 20_000,
    "long": "a = " + "1" * 10_000,
}


@pytest.mark.parametrize("text", HOPELESS.values(), ids=HOPELESS.keys())
def test_toml_without_bounds_is_no_toml(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="is not valid TOML"):
        parse_toml(text, "pyproject.toml")
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(ConfigError):
        requires_python(tmp_path)
    (tmp_path / "uv").mkdir()
    (tmp_path / "uv" / "uv.toml").write_text(text)
    told = read_user_settings({"XDG_CONFIG_HOME": str(tmp_path), "HOME": str(tmp_path)})
    assert tmp_path / "uv" / "uv.toml" in told.broken


@pytest.mark.parametrize("value", ["(" * 5_000, "-" * 50_000 + "1", "[" * 150 + "]" * 150])
def test_a_setup_py_without_bounds_says_nothing(tmp_path: Path, value: str) -> None:
    (tmp_path / "setup.py").write_text(f"setup(python_requires={value})")
    assert requires_python(tmp_path) is None


@pytest.mark.parametrize("text", ["^x", "~x.y", "^", "~", "^3.x"])
def test_a_specifier_of_poetry_that_is_none_is_said_to_be_none(text: str) -> None:
    with pytest.raises(InvalidSpecifier):
        poetry_specifier(text)


GOOD: dict[str, Any] = {"places": ["x"], "wrote": [], "started": []}

#: Lines of answers, and how many of them count.
ANSWERS = {
    "whole": ([repr(GOOD), repr(GOOD)], 2),
    "cut in the middle": ([repr(GOOD), repr(GOOD)[:20]], 1),
    "no dictionary": ([repr(GOOD), "[1]", repr(GOOD)], 1),
    "a number": (["7"], 0),
    "an error that is text": (["{'error': 'x'}"], 0),
    "an error without a type": (["{'error': {'message': 'x'}}"], 0),
    "an error whose message is none": (["{'error': {'type': 'x', 'message': None}}"], 0),
    "places that are none": (["{'places': 3}"], 0),
    "demands of other kinds": (["{'demands': [1]}"], 0),
    "deep": (["[" * 100_000], 0),
    "many signs": (["-" * 100_000 + "1"], 0),
    "a NUL": ([repr(GOOD), "\0"], 1),
}


@pytest.mark.parametrize(("lines", "count"), ANSWERS.values(), ids=ANSWERS.keys())
@pytest.mark.parametrize("parse", [ast.literal_eval, json.loads])
def test_answers_count_up_to_the_first_that_is_none(
    tmp_path: Path, lines: list[str], count: int, parse: Callable[[str], Any]
) -> None:
    if parse is json.loads:
        lines = [line.replace("'", '"') for line in lines]
    (tmp_path / "answers").write_text("\n".join(lines))
    said = _read_answers(tmp_path / "answers", Program(tmp_path, parse))
    assert said[:count] == [GOOD] * min(count, len(said))
    assert len(said) == count


def test_answers_that_are_no_text_are_none(tmp_path: Path) -> None:
    (tmp_path / "answers").write_bytes(b"\xff\xfe")
    assert _read_answers(tmp_path / "answers", Program(tmp_path, json.loads)) == []
    assert _read_answers(tmp_path / "absent", Program(tmp_path, json.loads)) == []


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", '"x"', "{}", '{"requires": 3}', "[" * 100_000, '{"built": "x"}']
)
def test_an_answer_of_a_build_that_is_none_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "answer.json").write_text(text)
    assert read_answer(tmp_path / "answer.json", "words") == HooksResult()
