"""Records of all kinds as JSON, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

import pytest
from samples import PROBLEM, VALUES, full_run

from nox_cleanroom.checks.registry import value_types
from nox_cleanroom.errors import Code
from nox_cleanroom.findings import Finding, Outcome, Problem, Waiver
from nox_cleanroom.reports.encoding import decode, encode
from nox_cleanroom.results import Run, Step


def again(kind: Any, value: Any) -> Any:
    """A value that went through a file."""
    return decode(kind, json.loads(json.dumps(encode(value))))


def test_there_is_a_sample_of_every_value() -> None:
    assert set(VALUES) == set(value_types())


@pytest.mark.parametrize("name", VALUES)
def test_a_value_comes_back(name: str) -> None:
    assert again(value_types()[name], VALUES[name]) == VALUES[name]


def test_a_run_comes_back_without_what_its_cells_hold() -> None:
    run = full_run()
    encoded = encode(run)
    for cell in encoded["cells"]:
        del cell["values"]
    found = decode(Run, json.loads(json.dumps(encoded)))
    assert [cell.findings for cell in found.cells] == [cell.findings for cell in run.cells]
    assert encode(found, str) | {"cells": []} == encode(run) | {"cells": []}


def test_a_problem_comes_back() -> None:
    assert again(Problem, PROBLEM) == PROBLEM


def test_names_that_the_format_has_kept() -> None:
    finding = Finding(check="imports", subject="x", outcome=Outcome.FAILED, settled_by="left_out")
    encoded = encode(finding)
    assert encoded == {
        "probe": "imports",
        "subject": "x",
        "outcome": "FAILED",
        "message": "",
        "hint": "",
        "output": "",
        "details": "",
        "code": "PROBE_FAILED",
        "waived": "",
    }
    assert decode(Finding, {**encoded, "settled_by": "left_out"}).settled_by == ""


def test_every_text_can_be_changed_on_the_way() -> None:
    value = {"a secret": ["secret", ("secret", 1)], "b": Waiver(pattern="secret", reason="x")}
    assert encode(value, lambda text: text.replace("secret", "***")) == {
        "a ***": ["***", ["***", 1]],
        "b": {"pattern": "***", "reason": "x"},
    }


#: A type, what JSON holds, and the value.
VALID: dict[str, tuple[Any, Any, Any]] = {
    "an integer where a fraction may be": (float, 3, 3.0),
    "text": (str, "x", "x"),
    "true": (bool, True, True),
    "a tuple": (tuple[str, ...], ["a", "b"], ("a", "b")),
    "an empty tuple": (tuple[int, ...], [], ()),
    "a mapping": (Mapping[str, int], {"a": 1}, {"a": 1}),
    "an enumeration": (Code, "TIMEOUT", Code.TIMEOUT),
    "one of several words": (Literal["a", "b"], "b", "b"),
    "None where it may be": (int | None, None, None),
    "the second of two kinds": (tuple[int, ...] | Literal["all"], "all", "all"),
    "anything": (Any, {"a": [None]}, {"a": [None]}),
    "a record without what has a default": (
        Step,
        {"name": "x", "started": 0, "duration": 1},
        Step(name="x", started=0.0, duration=1.0),
    ),
    "a record with what nobody knows any more": (
        Waiver,
        {"pattern": "x", "reason": "y", "since": "1.0"},
        Waiver(pattern="x", reason="y"),
    ),
}


@pytest.mark.parametrize(("kind", "given", "value"), VALID.values(), ids=VALID)
def test_what_can_be_decoded(kind: Any, given: Any, value: Any) -> None:
    found = decode(kind, given)
    assert (found, type(found)) == (value, type(value))


#: A type, and what JSON holds that is none of it.
INVALID: dict[str, tuple[Any, Any]] = {
    "a number for text": (str, 1),
    "true for a number": (int, True),
    "true for a fraction": (float, True),
    "text for a fraction": (float, "1.0"),
    "a number too large for a fraction": (float, 10**400),
    "a fraction for a number": (int, 1.5),
    "a number for true": (bool, 1),
    "None": (str, None),
    "a mapping for a tuple": (tuple[str, ...], {}),
    "text for a tuple": (tuple[str, ...], "ab"),
    "another kind in a tuple": (tuple[str, ...], ["a", 1]),
    "a list for a mapping": (Mapping[str, int], []),
    "another kind in a mapping": (Mapping[str, int], {"a": "1"}),
    "no member of an enumeration": (Outcome, "BROKEN"),
    "the number of a member": (Outcome, 3),
    "a list for a member": (Outcome, ["FAILED"]),
    "another word": (Literal["a", "b"], "c"),
    "a list for a word": (Literal["a", "b"], ["a"]),
    "neither of two kinds": (int | None, "x"),
    "a list for a record": (Waiver, ["x", "y"]),
    "a record that lacks something": (Waiver, {"pattern": "x"}),
    "a record with another kind in it": (Waiver, {"pattern": "x", "reason": None}),
}


@pytest.mark.parametrize(("kind", "given"), INVALID.values(), ids=INVALID)
def test_what_cannot_be_decoded(kind: Any, given: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(kind, given)
