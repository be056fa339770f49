"""Which projects of a repository belong together, and what their sessions are called."""

from __future__ import annotations

from typing import Any

import pytest

from nox_cleanroom.config.packages import choose_packages, is_top, suffix_of
from nox_cleanroom.errors import ConfigError

ALL = [
    ".",
    "packages/core",
    "packages/app",
    "packages/group/deep",
    "libs/other",
    "tests/data/broken",
    "examples/one",
]


def ours(*patterns: str) -> dict[str, Any]:
    return {"tool": {"nox-cleanroom": {"packages": [*patterns]}}}


def uv(*members: str, exclude: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"tool": {"uv": {"workspace": {"members": [*members], "exclude": [*exclude]}}}}


def hatch(*members: Any) -> dict[str, Any]:
    return {"tool": {"hatch": {"envs": {"default": {"workspace": {"members": [*members]}}}}}}


CHOICES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "plain": ({}, [".", "libs/other", "packages/app", "packages/core", "packages/group/deep"]),
    "ours": (ours("packages/*"), ["packages/app", "packages/core"]),
    "ours, at any depth": (
        ours("packages/**"),
        ["packages/app", "packages/core", "packages/group/deep"],
    ),
    "ours, aside": (ours("tests/data/*", "libs/other"), ["libs/other", "tests/data/broken"]),
    "ours before uv": ({"tool": {**ours("libs/*")["tool"], **uv("packages/*")["tool"]}}, ["libs/other"]),
    # The root of a workspace is a member, too.
    "uv": (uv("packages/*"), [".", "packages/app", "packages/core"]),
    "uv, excluded": (uv("packages/*", exclude=("packages/app",)), [".", "packages/core"]),
    "uv, without a project": (uv("absent/*"), ["."]),
    "hatch": (hatch("packages/c*", {"path": "libs/other"}), [".", "libs/other", "packages/core"]),
    "nonsense": ({"tool": {"uv": {"workspace": "x"}, "hatch": 1}}, [".", "libs/other", "packages/app", "packages/core", "packages/group/deep"]),
}  # fmt: skip


@pytest.mark.parametrize(("document", "expected"), CHOICES.values(), ids=CHOICES)
def test_packages_are_chosen(document: dict[str, Any], expected: list[str]) -> None:
    assert [*choose_packages(ALL, ".", document)] == expected


def test_patterns_start_at_the_file_that_has_them() -> None:
    assert choose_packages(ALL, "packages", ours("*")) == ("packages/app", "packages/core")
    assert choose_packages(ALL, "libs", {}) == ("libs/other",)


@pytest.mark.parametrize("pattern", ["../other", "/packages", "packages/../../x"])
def test_a_package_outside_is_refused(pattern: str) -> None:
    with pytest.raises(ConfigError, match="is not below the directory"):
        choose_packages(ALL, ".", ours(pattern))


def test_a_pattern_without_a_project_is_refused() -> None:
    with pytest.raises(ConfigError, match="'pkgs/\\*', where the commit has no Python project"):
        choose_packages(ALL, ".", ours("packages/*", "pkgs/*"))


@pytest.mark.parametrize(
    ("document", "expected"), [({}, False), (ours(), True), (uv("x"), True), (hatch("x"), True)]
)
def test_who_says_which_packages_belong_together(document: dict[str, Any], expected: bool) -> None:
    assert is_top(document) is expected


@pytest.mark.parametrize(
    ("project", "projects", "suffix"),
    [
        ("packages/a", ["packages/a"], ""),
        (".", [".", "packages/a"], ""),
        ("packages/a-b", ["packages/a-b", "packages/c"], "_a_b"),
        ("packages/a", ["packages/a", "libs/a"], "_packages_a"),
        ("p/a-b", ["p/a-b", "p/a_b", "p/a.b"], "_p_a_b_1"),
        ("p/a_b", ["p/a-b", "p/a_b", "p/a.b"], "_p_a_b_3"),
        ("a-b", ["a-b", "a_b", "a_b_1"], "_a_b_2"),
        ("a_b", ["a-b", "a_b", "a_b_1"], "_a_b_3"),
        ("a_b_1", ["a-b", "a_b", "a_b_1"], "_a_b_1"),
        ("l/a/b", ["l/a/b", "l/a_b", "m/b"], "_l_a_b"),
    ],
)
def test_sessions_are_told_apart(project: str, projects: list[str], suffix: str) -> None:
    assert suffix_of(project, projects) == suffix
