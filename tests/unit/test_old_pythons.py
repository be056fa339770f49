"""Interpreters in which our `packaging` cannot be imported: we say which wheels they take."""

from __future__ import annotations

import sysconfig
from pathlib import Path
from typing import Any

import pytest
from packaging import tags
from packaging.markers import default_environment

from nox_cleanroom.environments.environment import Environment
from nox_cleanroom.environments.interpreter_facts import _tags_of_old
from nox_cleanroom.errors import CleanroomError, Code
from nox_cleanroom.inside import answering

ENVIRONMENT = Environment(
    location=Path("/env"), bin_dir=Path("/env/bin"), python=Path("/env/bin/python"), backend="uv"
)


def said(version: str, suffix: str, system: str = sysconfig.get_platform()) -> dict[str, Any]:
    return {"version": version, "extension_suffix": suffix, "system": system}


#: A version, the suffix of its extension modules, its best tag without the platform, and one that
#: it takes, too.
OLD = [
    ("3.8.18", ".cpython-38-x86_64-linux-gnu.so", "cp38-cp38", "cp36-abi3"),
    ("3.9.18", ".cpython-39-darwin.so", "cp39-cp39", "cp38-abi3"),
    ("3.9.2", ".cpython-39d-x86_64-linux-gnu.so", "cp39-cp39d", "py3-none"),
    ("3.7.16", ".cpython-37m-x86_64-linux-gnu.so", "cp37-cp37m", "py37-none"),
    ("3.8.10", ".cp38-win_amd64.pyd", "cp38-cp38", "cp38-none"),
    ("3.8.10", ".so", "cp38-cp38", "py3-none"),
    ("3.9.16", ".pypy39-pp73-x86_64-linux-gnu.so", "pp39-pypy39_pp73", "pp3-none"),
]


@pytest.mark.parametrize(("version", "suffix", "best", "other"), OLD, ids=[one[1] for one in OLD])
def test_the_tags_of_an_old_interpreter(version: str, suffix: str, best: str, other: str) -> None:
    found = _tags_of_old(said(version, suffix), ENVIRONMENT)
    assert found[0].startswith(f"{best}-")
    assert any(tag.startswith(f"{other}-") for tag in found)
    assert found[-1] == "py30-none-any"


def test_they_are_what_packaging_says_of_the_interpreter_that_runs_this() -> None:
    facts = answering.facts("/nowhere")  # type: ignore[no-untyped-call]
    assert facts["tags"] == [str(tag) for tag in tags.sys_tags()]
    # `packaging` states further ABIs of CPython 3.15 and newer, which are no old ones.
    assert set(_tags_of_old(facts, ENVIRONMENT)) == set(facts["tags"])


def test_one_for_another_architecture_is_refused() -> None:
    with pytest.raises(CleanroomError) as raised:
        _tags_of_old(said("3.8.1", ".cpython-38-aarch64.so", "linux-other"), ENVIRONMENT)
    assert raised.value.code is Code.TOOL_MISSING


def test_markers_are_what_packaging_says() -> None:
    assert answering.markers() == dict(default_environment())  # type: ignore[no-untyped-call]
