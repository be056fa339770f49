from __future__ import annotations

from typing import Any

import pytest

from nox_cleanroom.config.commands import Command, JsonContract
from nox_cleanroom.config.settings import Settings
from nox_cleanroom.errors import Code, ConfigError
from nox_cleanroom.findings import Waiver


def problem(table: dict[str, Any]) -> str:
    with pytest.raises(ConfigError) as raised:
        Settings.from_table(table)
    assert raised.value.code is Code.CONFIG_INVALID
    return raised.value.message


def test_an_empty_table_is_the_default() -> None:
    assert Settings.from_table({}) == Settings()


def test_a_full_table() -> None:
    settings = Settings.from_table(
        {
            "pythons": ["3.11", "3.13t"],
            "extras": ["fast"],
            "constraints": ["numpy<2"],
            "smoke": [
                "demo --version",
                {
                    "run": ["python", "-c", "print({})"],
                    "timeout": 3,
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
            "clean-check": ["make docs"],
            "allow": ["docs/_build"],
            "pass-env": ["AWS_*"],
            "ignore": [{"finding": "imports:demo.old", "reason": "goes in 2.0"}],
        }
    )
    contract = JsonContract(
        require=("a.b",), equals={"version": "1"}, paths=("report",), sha256={"digest": "report"}
    )
    assert settings == Settings(
        pythons=("3.11", "3.13t"),
        extras=(("fast",),),
        constraints=("numpy<2",),
        smoke=(
            Command(argv=("demo", "--version")),
            Command(
                argv=("python", "-c", "print({})"),
                timeout_seconds=3,
                env={"A": "b"},
                cwd="worktree",
                expect_exit=4,
                contract=contract,
            ),
        ),
        clean_check=(Command(argv=("make", "docs")),),
        allow=("docs/_build",),
        pass_env=("AWS_*",),
        ignore=(Waiver(pattern="imports:demo.old", reason="goes in 2.0"),),
    )


def test_an_unknown_key_names_the_nearest() -> None:
    assert "`smok` is unknown (did you mean `smoke`?)" in problem({"smok": []})


def test_an_unknown_key_of_a_command_names_the_nearest() -> None:
    assert "`timeouts` is unknown (did you mean `timeout`?)" in problem(
        {"smoke": [{"run": "x", "timeouts": 1}]}
    )


def test_all_problems_are_said_at_once() -> None:
    message = problem({"extras": "fast", "pythons": ["three"], "allow": [1]})
    assert "`extras` must be a list of strings, not 'fast'" in message
    assert "`pythons` must hold versions like" in message
    assert "not 'three'" in message
    assert "`allow` must be a list of strings" in message


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"smoke": "demo"}, "`smoke` must be a list of commands"),
        ({"smoke": [3]}, "`smoke[0]` must be a string, or a table with `run`"),
        ({"smoke": [{"cwd": "neutral"}]}, "needs `run`"),
        ({"smoke": [""]}, "empty command"),
        ({"smoke": ["unfinished 'quote"]}, "cannot be split into words"),
        ({"smoke": [{"run": "x", "cwd": "here"}]}, '"neutral" or "worktree"'),
        ({"smoke": [{"run": "x", "timeout": True}]}, "`timeout` must be a number of seconds"),
        ({"smoke": [{"run": "x", "timeout": 0}]}, "positive"),
        ({"smoke": [{"run": "x", "expect-exit": "0"}]}, "`expect-exit` must be a whole number"),
        ({"smoke": [{"run": "x", "env": {"A": 1}}]}, "`env.A` must be a string"),
        ({"smoke": [{"run": "x", "require": ["a"]}]}, "need `json = true`"),
        ({"ignore": [{"finding": "imports:x"}]}, "each with a reason"),
        ({"ignore": [{"finding": "imports:x", "reason": " "}]}, "each with a reason"),
        ({"pythons": []}, "at least one"),
        ({"smoke": [[]]}, "must be a string, or a table"),
        ({"smoke": [{"run": []}]}, "at least one"),
        ({"smoke": [{"run": ["a\0b"]}]}, "without NUL"),
        ({"smoke": [{"run": "x", "timeout": float("inf")}]}, "positive number"),
        ({"smoke": [{"run": "x", "timeout": float("nan")}]}, "positive number"),
        ({"smoke": [{"run": "x", "env": {"A=B": "x"}}]}, "can be no variable"),
    ],
)
def test_wrong_types_are_named(table: dict[str, Any], words: str) -> None:
    assert words in problem(table)


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        (["test-groups"], "`test-groups` needs `test-command`"),
        (
            ["test-requires", "test-extras", "test-sources"],
            "`test-requires`, `test-extras`, `test-sources` need `test-command`",
        ),
    ],
)
def test_what_tests_need_needs_tests(keys: list[str], named: str) -> None:
    table: dict[str, Any] = {key: ["test"] for key in keys}
    assert named in problem(table)
    Settings.from_table({**table, "test-command": "pytest"})


@pytest.mark.parametrize(
    "name",
    [
        "tool.nox_cleanroom",
        "tool.nox-cleanrom",
        "tool.nox-claenroom",
        "tool.noxcleanroom",
        "tool.nox.cleanroom",
        "tool.nox.clean-room",
        "tool.nox-clean-room",
        "tool.Nox-Cleanroom",
        "tool.onx-cleanroom",
        "tool.nox-cleanrooms",
        "tools.nox-cleanroom",
        "Tool.nox-cleanroom",
        "nox-cleanroom",
        "nox_cleanroom",
    ],
)
def test_a_misspelt_table_is_said(name: str) -> None:
    with pytest.raises(ConfigError) as raised:
        Settings.from_pyproject(f"[{name}]\nsmoke = ['demo']\n", "pyproject.toml of abc")
    assert raised.value.code is Code.CONFIG_INVALID
    assert raised.value.message == f"In pyproject.toml of abc: nothing reads [{name}]."
    assert raised.value.hint == "The name is [tool.nox-cleanroom]."


def test_a_misspelt_table_is_said_beside_the_right_one() -> None:
    text = "[tool.nox-cleanroom]\n[tool.nox_cleanroom]\nsmoke = ['demo']\n"
    with pytest.raises(ConfigError, match=r"nothing reads \[tool.nox_cleanroom\]"):
        Settings.from_pyproject(text, "x")


@pytest.mark.parametrize(
    "name",
    [
        "tool.nox",
        "tool.nox.sessions",
        "tool.noxfile",
        "tool.nox-uv",
        "tool.nox-poetry",
        "tool.nox-clean",
        "tool.cleanroom",
        "tool.cleanroom.nox",
        "tool.clean-room",
        "tool.nix-cleanroom",
        "tool.pytest-cleanroom",
        "tool.box-cleanroom",
        "tool.tox",
        "tool.poetry.nox-cleanroom",
        "project.urls",
        "nox",
        "cleanroom",
    ],
)
def test_tables_of_others_are_theirs(name: str) -> None:
    assert Settings.from_pyproject(f"[{name}]\nsmoke = 3\n", "x") == Settings()


def test_broken_toml_names_file_and_line() -> None:
    with pytest.raises(ConfigError, match=r"pyproject.toml of abc is not valid TOML.*line 2"):
        Settings.from_pyproject("[project]\nname = = 3\n", "pyproject.toml of abc")


def test_a_document_without_the_table_gives_the_defaults() -> None:
    assert Settings.from_pyproject("[project]\nname = 'x'\n", "x") == Settings()


@pytest.mark.parametrize(
    ("pattern", "covered"),
    [("imports", True), ("imports:demo.*", True), ("imports:other", False), ("record", False)],
)
def test_a_waiver_covers_by_probe_and_subject(pattern: str, covered: bool) -> None:
    assert Waiver(pattern=pattern, reason="r").covers("imports", "demo.part") is covered


@pytest.mark.parametrize(
    ("command", "needs"),
    [
        (Command(argv=("a",)), False),
        (Command(argv=("a",), cwd="worktree"), True),
        (Command(argv=("a", "{project}/b")), True),
    ],
)
def test_which_commands_need_a_worktree(command: Command, needs: bool) -> None:
    assert command.needs_worktree is needs


@pytest.mark.parametrize(
    "constraint", ["numpy <", "numpy[fast]<2", "-r others.txt", "a<2\n--index-url x"]
)
def test_constraints_are_requirements(constraint: str) -> None:
    assert "`constraints` must hold requirements" in problem({"constraints": [constraint]})
