"""The JSON schema of the table: it admits what the table may hold, and says no to other types."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from validate_pyproject import api, plugins
from validate_pyproject.error_reporting import ValidationError

from nox_cleanroom.config.schema import schema
from nox_cleanroom.config.settings import KEYS, Settings
from nox_cleanroom.errors import ConfigError

#: What other validators load when they find our entry point.
VALIDATE = api.Validator(plugins=plugins.list_from_entry_points())

FULL: dict[str, Any] = {
    "packages": ["packages/*"],
    "pythons": ["3.11", "3.13t", "pypy3.11", "3.15?"],
    "artifact": ["wheel", "sdist"],
    "resolution": "highest",
    "extras": [["fast"], ["fast", "slow"]],
    "platforms": ["ubuntu-latest", "group/arm64"],
    "constraints": ["numpy<2"],
    "imports": "all",
    "smoke": [
        "demo --version",
        {
            "run": ["python", "-c", "print({})"],
            "timeout": 3.5,
            "env": {"A": "b"},
            "cwd": "worktree",
            "expect-exit": 4,
            "json": True,
            "require": ["a.b"],
            "equals": {"version": "1"},
            "paths": ["report"],
            "sha256": {"digest": "report"},
        },
    ],
    "test-command": "pytest {project}/tests",
    "test-requires": ["pytest"],
    "test-groups": ["test"],
    "test-extras": ["fast"],
    "test-sources": ["tests"],
    "clean-check": ["make docs"],
    "allow": ["docs/_build"],
    "pass-env": ["AWS_*"],
    "write": {"junit": "reports/junit.xml", "in-toto": "x.json"},
    "ignore": [{"finding": "imports:demo.old", "reason": "goes in 2.0"}],
}


def is_valid(table: Mapping[str, Any]) -> bool:
    try:
        VALIDATE({"tool": {"nox-cleanroom": table}})
    except ValidationError:
        return False
    return True


def is_read(table: Mapping[str, Any]) -> bool:
    with contextlib.suppress(ConfigError):
        Settings.from_table(table)
        return True
    return False


def test_it_has_every_key_and_admits_a_full_table() -> None:
    assert schema()["properties"].keys() == KEYS.keys() == FULL.keys()
    assert is_valid(FULL)
    assert is_read(FULL)


@pytest.mark.parametrize("key", FULL)
def test_each_key_alone_is_admitted_as_it_is_read(key: str) -> None:
    table = {key: FULL[key]}
    assert (
        is_valid(table) == is_read(table) == (key == "test-command" or not key.startswith("test-"))
    )


#: What is wrong with a table, by its types, names and numbers.
WRONG: list[dict[str, Any]] = [
    {"smok": []},
    {"smoke": "demo"},
    {"smoke": [3]},
    {"smoke": [{"cwd": "neutral"}]},
    {"smoke": [""]},
    {"smoke": [{"run": "x", "cwd": "here"}]},
    {"smoke": [{"run": "x", "timeout": True}]},
    {"smoke": [{"run": "x", "timeout": 0}]},
    {"smoke": [{"run": "x", "expect-exit": "0"}]},
    {"smoke": [{"run": "x", "env": {"A": 1}}]},
    {"smoke": [{"run": "x", "timeouts": 1}]},
    {"smoke": [{"run": []}]},
    {"ignore": [{"finding": "imports:x"}]},
    {"ignore": [{"finding": "imports:x", "reason": " "}]},
    {"ignore": [{"finding": "imports:x", "reason": "y", "more": 1}]},
    {"pythons": []},
    {"pythons": ["three"]},
    {"pythons": ["3.12 "]},
    {"pythons": [3.12]},
    {"extras": "fast"},
    {"extras": ["a", ["b"]]},
    {"artifact": "egg"},
    {"resolution": ["highest", 1]},
    {"platforms": ["windows latest"]},
    {"platforms": ["$(id)"]},
    {"platforms": "ubuntu-latest"},
    {"imports": ["all"]},
    {"test-command": " "},
    {"test-requires": ["pytest"]},
    {"allow": [1]},
    {"packages": "packages/*"},
    {"write": ["junit=x"]},
    {"write": {"xml": "x"}},
    {"write": {"junit": 1}},
]


@pytest.mark.parametrize("table", WRONG, ids=str)
def test_wrong_types_are_refused_by_both(table: dict[str, Any]) -> None:
    assert (is_read(table), is_valid(table)) == (False, False)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 5) | st.floats(-1, 5) | st.sampled_from(["", " ", "all", "x", "3.12", "wheel"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["run", "env", "finding", "reason", "timeout"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from([*KEYS]), VALUES, max_size=3))
def test_what_is_read_is_always_admitted(table: dict[str, Any]) -> None:
    assert is_valid(table) or not is_read(table)
