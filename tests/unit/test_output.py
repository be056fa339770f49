"""Nothing that a package prints can act in a terminal, in a CI log or in a record."""

from __future__ import annotations

from pathlib import Path

import pytest

from nox_cleanroom.changes import display
from nox_cleanroom.output import clean_text, encodable, last_lines
from nox_cleanroom.reports.jobs import append_output


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("title\x07", "title\\x07"),
        ("a\r\nb", "a\nb"),
        ("over\rwritten", "over\\rwritten"),
        ("::set-env name=X::y", "|::set-env name=X::y"),
        ("  ::error::boo", "|  ::error::boo"),
        ("##[error]boo", "# #[error]boo"),
        ("said: ##vso[task.setvariable variable=x]y", "said: # #vso[task.setvariable variable=x]y"),
        ("x ##teamcity[y]", "x # #teamcity[y]"),
        ("## a heading, [a link]", "## a heading, [a link]"),
        ("tab\tand ünïcode", "tab\tand ünïcode"),
        ("right\u202eto left", "right\\u202eto left"),
    ],
)
def test_control_characters_and_workflow_commands_are_spelled_out(text: str, shown: str) -> None:
    assert clean_text(text) == shown


def test_what_a_stream_cannot_show_is_written_otherwise() -> None:
    assert encodable("✓ PASSED", "utf-8") == "✓ PASSED"
    assert encodable("✓ ✗ ü", "ascii") == "+ x \\xfc"


def test_last_lines_are_the_last_that_say_something() -> None:
    assert last_lines("a\n\n\nb\nc\n\n", 2) == "b\nc"
    assert len(last_lines("x" * 5000)) < 500


def test_odd_bytes_of_a_path_are_spelled_out() -> None:
    assert display(b"a\xffb\n") == "a\\xffb\\n"


def test_the_matrix_is_appended_as_a_step_output(tmp_path: Path) -> None:
    output = tmp_path / "output"
    output.write_text("before=1\n")
    append_output("{}", output)
    assert output.read_text() == "before=1\nmatrix={}\n"
