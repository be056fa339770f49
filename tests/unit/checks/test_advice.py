"""What an exception says about the machine, and not about the package."""

from __future__ import annotations

import pytest

from nox_cleanroom.checks.advice import what_is_lacking


@pytest.mark.parametrize(
    ("message", "missing", "words"),
    [
        ("libGL.so.1: cannot open shared object file: No such file", "", "no libGL.so.1"),
        ("No module named '_tkinter'", "_tkinter", "built without _tkinter"),
        ("no display name and no $DISPLAY environment variable", "", "no display"),
        ('Can\'t connect to display ":0": No such file', "", "no display"),
        ("<urlopen error [Errno -3] Temporary failure in name resolution>", "", "no network"),
    ],
)
def test_what_the_machine_lacks_is_said(message: str, missing: str, words: str) -> None:
    assert words in what_is_lacking({"message": message, "missing": missing})


def test_a_message_of_megabytes_is_looked_at_quickly() -> None:
    assert what_is_lacking({"message": "y" * 2**21}) == ""


@pytest.mark.parametrize(
    "message", ["No module named 'yaml'", "undefined symbol: fast_longest", "display must be true"]
)
def test_what_the_package_lacks_is_its_own(message: str) -> None:
    assert what_is_lacking({"message": message, "missing": "yaml"}) == ""
