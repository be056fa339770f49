from __future__ import annotations

from pathlib import Path

import pytest
from conftest import make_wheel

from nox_cleanroom.build.archive import read_wheel
from nox_cleanroom.entry_points import EntryPoint
from nox_cleanroom.errors import BuildError
from nox_cleanroom.members import Member


@pytest.mark.parametrize(
    ("files", "names"),
    [
        ({"demo/__init__.py": "", "demo/part.py": ""}, ("demo",)),
        ({"six.py": ""}, ("six",)),
        ({"_fast.cpython-311-x86_64-linux-gnu.so": "", "demo/__init__.py": ""}, ("_fast", "demo")),
        ({"space/inner/__init__.py": "", "space/inner/deep/__init__.py": ""}, ("space.inner",)),
        ({"space/one.py": "", "space/two/__init__.py": ""}, ("space.one", "space.two")),
        ({"demo/__init__.py": "", "demo/__main__.py": ""}, ("demo",)),
        ({"demo-stubs/__init__.pyi": ""}, ()),
        ({"demo/py.typed": "", "demo/data.txt": ""}, ()),
        ({"1abc__mypyc.cpython-311.so": "", "abc__mypyc.so": "", "demo.py": ""}, ("demo",)),
        ({"demo-1.0.data/purelib/demo.py": ""}, ("demo",)),
        ({"demo-1.0.data/scripts/run.py": "", "demo.py": ""}, ("demo",)),
        ({"demo/__init__.py": "", "demo/templates/{{name}}/x.py": ""}, ("demo",)),
    ],
)
def test_import_names_come_from_record(
    tmp_path: Path, files: dict[str, str], names: tuple[str, ...]
) -> None:
    assert read_wheel(make_wheel(tmp_path, files)).import_names == names


def test_name_version_and_tags(tmp_path: Path) -> None:
    wheel = read_wheel(
        make_wheel(tmp_path, {}, name="Some_Thing", version="1.0", tag="py2.py3-none-any")
    )
    assert (wheel.name, wheel.version) == ("some-thing", "1.0")
    assert wheel.tags == {"py2-none-any", "py3-none-any"}


@pytest.mark.parametrize(
    ("tag", "tags", "serves"),
    [
        ("py3-none-any", ["cp311-cp311-linux_x86_64", "py3-none-any"], True),
        ("cp311-abi3-linux_x86_64", ["cp310-cp310-linux_x86_64", "cp310-abi3-linux_x86_64"], False),
        ("cp310-abi3-linux_x86_64", ["cp311-cp311-linux_x86_64", "cp310-abi3-linux_x86_64"], True),
    ],
)
def test_whom_a_wheel_serves_is_decided_by_tags(
    tmp_path: Path, tag: str, tags: list[str], serves: bool
) -> None:
    assert read_wheel(make_wheel(tmp_path, {}, tag=tag)).serves(tags) is serves


def test_entry_points_keep_case_and_extras(tmp_path: Path) -> None:
    text = "[console_scripts]\nDemo = demo.cli:main [fast,more]\n\n[pytest11]\ndemo=demo.plugin\n"
    wheel = read_wheel(make_wheel(tmp_path, {"demo-1.0.dist-info/entry_points.txt": text}))
    assert wheel.entry_points == (
        EntryPoint(
            group="console_scripts", name="Demo", value="demo.cli:main", extras=("fast", "more")
        ),
        EntryPoint(group="pytest11", name="demo", value="demo.plugin"),
    )
    assert [one.is_script for one in wheel.entry_points] == [True, False]


def test_where_members_are_installed() -> None:
    assert Member.from_name("demo-1.0.data/scripts/run").scheme == "scripts"
    assert Member.from_name("demo-1.0.data/data/share/x").path.as_posix() == "share/x"
    assert Member.from_name("demo/__init__.py").is_library


def test_a_name_that_is_no_wheels_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "demo-not.a-version-py3-none-any.whl"
    path.write_bytes(b"")
    with pytest.raises(BuildError, match="no wheel's name"):
        _ = read_wheel(path).tags


def test_a_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "demo-1.0-py3-none-any.whl"
    path.write_bytes(b"nothing")
    with pytest.raises(BuildError, match="is not a wheel"):
        _ = read_wheel(path).names
