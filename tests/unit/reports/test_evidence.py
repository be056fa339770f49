"""Evidence that is written and read again; and files that are none, or not whole."""

from __future__ import annotations

import base64
import contextlib
import copy
import json
import os
import stat
import sys
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import fastjsonschema
import pytest
from conftest import VALID
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import PROBLEM, VALUES, checked_cell, full_run
from values import loaded, raised, wheel

from nox_cleanroom import redaction
from nox_cleanroom.checks.registry import value_types
from nox_cleanroom.errors import CleanroomError, Code, UsageError
from nox_cleanroom.reports import terminal
from nox_cleanroom.reports.evidence import _document, json_of, write_evidence
from nox_cleanroom.reports.evidence_reading import read_evidence
from nox_cleanroom.reports.evidence_schema import evidence_schema
from nox_cleanroom.results import Run
from nox_cleanroom.runs.recheck import recheck

TYPES = value_types()
RUN = full_run()
SMOKE = replace(
    RUN, session="smoke", cells=(checked_cell("3.11"),), missing=(), missing_is_error=False
)


def write(run: Run, directory: Path) -> tuple[Path, dict[str, Any]]:
    """The first file of evidence, and what is in it."""
    path = write_evidence(run, directory, "1.0")[0]
    document: dict[str, Any] = json.loads(path.read_text(encoding="ascii"))
    return path, document


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    path, document = write(RUN, tmp_path)
    assert read_evidence(path, TYPES) == RUN
    assert document["tool"] == {"name": "nox-cleanroom", "version": "1.0"}
    assert document["verdict"] == RUN.outcome.name == "ERROR"
    assert document["codes"] == sorted(code.name for code in RUN.codes)
    assert [cell["outcome"] for cell in document["cells"]] == ["FAILED", "ERROR"]


def test_each_cell_of_a_matrix_has_a_file_of_its_own(tmp_path: Path) -> None:
    odd = replace(RUN.cells[1], name="smoke-3.12[a, b]")
    run = replace(RUN, cells=(RUN.cells[0], odd))
    whole, *others = write_evidence(run, tmp_path / "deep" / "reports", "1.0")
    assert whole.name == "matrix_all.json"
    assert [path.name for path in others] == ["smoke-3.11.json", "smoke-3.12-a,-b.json"]
    assert [read_evidence(path, TYPES) for path in others] == [
        replace(run, cells=(cell,), missing=()) for cell in run.cells
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such permissions")
@pytest.mark.parametrize(("mode", "of_directory"), [(0o600, 0o700), (0o644, 0o755)])
def test_who_may_read_it(tmp_path: Path, mode: int, of_directory: int) -> None:
    os.umask(0o022)
    path = write_evidence(SMOKE, tmp_path / "reports", "1.0", mode=mode)[0]
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert stat.S_IMODE(path.parent.stat().st_mode) == of_directory


def test_a_value_of_several_cells_is_stored_once_and_compressed_where_it_is_large(
    tmp_path: Path,
) -> None:
    large = wheel({f"demo/{number}.py": "" for number in range(200)})
    values = {"wheel": large, "traces": VALUES["traces"], "tracked": PROBLEM}
    cells = tuple(replace(cell, values=dict(values)) for cell in RUN.cells)
    path, document = write(replace(RUN, cells=cells), tmp_path)
    names = [cell["values"] for cell in document["cells"]]
    assert names[0] == names[1]
    stored = document["values"]
    assert sorted(stored) == sorted(names[0].values())
    assert [*stored[names[0]["wheel"]]] == ["zlib"]
    assert stored[names[0]["traces"]] == {
        "value": {"found": {"demo/config.py": "/build"}, "lfs_pointers": []}
    }
    assert stored[names[0]["tracked"]]["problem"]["code"] == "NETWORK"
    assert [cell.values for cell in read_evidence(path, TYPES).cells] == [values, values]


def test_a_value_that_no_check_takes_any_more_is_left_out(tmp_path: Path) -> None:
    path, _ = write(SMOKE, tmp_path)
    (cell,) = read_evidence(path, {"wheel": TYPES["wheel"]}).cells
    assert cell.values == {"wheel": VALUES["wheel"]}


def test_secrets_are_struck_out_wherever_they_stand(tmp_path: Path) -> None:
    redaction.learn(["hunter22222"])
    leaking = loaded(
        raised("import", "demo", "ValueError: hunter22222", hunter22222="x hunter22222")
    )
    cell = replace(
        SMOKE.cells[0],
        values={"loaded": leaking, "tracked": replace(PROBLEM, message="hunter22222" * 300)},
    )
    path, document = write(replace(SMOKE, cells=(cell,), notes=("hunter22222",)), tmp_path)
    del document["values"]
    assert "hunter22222" not in json.dumps(document)
    (found,) = read_evidence(path, TYPES).cells
    assert "hunter22222" not in repr(found.values)
    assert repr(found.values).count("***") >= 300


def test_a_wheel_in_whose_name_a_secret_occurs_can_be_checked_again(tmp_path: Path) -> None:
    redaction.learn(["demo"])
    cell = replace(SMOKE.cells[0], values={"wheel": wheel()})
    path, _ = write(replace(SMOKE, cells=(cell,)), tmp_path)
    (again,) = recheck(path).cells
    assert {one.code for one in again.findings} == {Code.PROBE_FAILED}


def test_a_place_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("")
    with pytest.raises(CleanroomError, match="cannot be written to") as raised_:
        write_evidence(SMOKE, tmp_path / "reports", "1.0")
    assert raised_.value.code is Code.NOT_WRITABLE


def refused(path: Path) -> str:
    """Why a file is not read, in one sentence."""
    with pytest.raises(UsageError) as raised_:
        read_evidence(path, TYPES)
    message = raised_.value.message
    assert "\n" not in message
    assert len(message) < len(str(path)) + 300
    return message.removeprefix(repr(str(path)))


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"3", b"null", b'"x"', b"\xff\xfe", b"{}", b"[" * 200_000, b'{"a":' * 90_000],
    ids=["empty", "cut off", "list", "number", "null", "text", "bytes", "nothing", "deep", "deeper"],
)  # fmt: skip
def test_a_file_that_is_no_evidence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.json").write_bytes(content)
    assert refused(tmp_path / "x.json").startswith(" is not evidence of a run: ")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    assert refused(tmp_path / "absent.json").startswith(" cannot be read: ")
    assert refused(tmp_path).startswith((" cannot be read: ", " is not evidence"))


@pytest.mark.parametrize("part", [0.1, 0.5, 0.999])
def test_a_file_that_was_cut_off(tmp_path: Path, part: float) -> None:
    path, _ = write(RUN, tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    assert refused(path).startswith(" is not evidence of a run: ")


def put(place: Sequence[Any], value: Any) -> Callable[[dict[str, Any]], object]:
    """Puts something into a document."""

    def change(document: Any) -> None:
        for part in place[:-1]:
            document = document[part]
        document[place[-1]] = value

    return change


def drop(place: Sequence[Any]) -> Callable[[dict[str, Any]], object]:
    """Takes something out of a document."""

    def change(document: Any) -> None:
        for part in place[:-1]:
            document = document[part]
        del document[place[-1]]

    return change


def digest(document: dict[str, Any], name: str = "wheel") -> str:
    found: str = document["cells"][0]["values"][name]
    return found


def store(name: str, value: Any) -> Callable[[dict[str, Any]], object]:
    """Stores something else as a value of the first cell."""
    return lambda document: put(("values", digest(document, name)), value)(document)


def packed(content: bytes) -> dict[str, str]:
    return {"zlib": base64.b64encode(content).decode()}


DAMAGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "another format": put(("format",), 2),
    "no format": drop(("format",)),
    "no subject": drop(("subject",)),
    "no session": drop(("session",)),
    "no cells": drop(("cells",)),
    "no values": drop(("values",)),
    "a list of values": put(("values",), []),
    "the session is a number": put(("session",), 3),
    "the subject is a list": put(("subject",), []),
    "the subject lacks the commit": drop(("subject", "commit")),
    "uncommitted is text": put(("subject", "uncommitted"), "3"),
    "the cells are a mapping": put(("cells",), {}),
    "a cell is text": put(("cells", 0), "x"),
    "a cell lacks its values": drop(("cells", 0, "values")),
    "a cell's values are a list": put(("cells", 0, "values"), ["x"]),
    "a cell lacks its name": drop(("cells", 0, "name")),
    "findings are text": put(("cells", 0, "probes"), "x"),
    "a finding is a list": put(("cells", 0, "probes", 0), []),
    "an outcome that is none": put(("cells", 0, "probes", 0, "outcome"), "BROKEN"),
    "a code that is none": put(("cells", 0, "probes", 0, "code"), "BROKEN"),
    "a message is null": put(("cells", 0, "probes", 0, "message"), None),
    "a step lacks its start": drop(("cells", 0, "steps", 0, "started")),
    "a step's status is text": put(("cells", 0, "steps", 1, "exit_status"), "1"),
    "a duration is true": put(("duration",), True),
    "a duration without bounds": put(("duration",), 10**400),
    "strict is a number": put(("strict",), 1),
    "a kind of change that is none": put(("changes", 0, "change", "kind"), "eaten"),
    "a variable is a number": put(("cells", 0, "wheel", "variables"), {"CC": 3}),
    "a value that is not stored": lambda document: drop(("values", digest(document)))(document),
    "a digest is a list": put(("cells", 0, "values", "wheel"), ["x"]),
    "a stored value is text": store("wheel", "x"),
    "a stored value is empty": store("wheel", {}),
    "a value of another kind": store("wheel", {"value": ["x"]}),
    "a value that lacks something": store("traces", {"value": {}}),
    "a problem that is none": store("wheel", {"problem": {"code": "x"}}),
    "what is no base64": store("wheel", {"zlib": "%%%"}),
    "what is no text": store("wheel", {"zlib": 3}),
    "what is no ASCII": store("wheel", {"zlib": "\u2713"}),
    "what is not compressed": store("wheel", packed(b"hello")),
    "what is compressed and cut off": store("wheel", packed(zlib.compress(b"{}" * 900)[:-9])),
    "what is compressed and no JSON": store("wheel", packed(zlib.compress(b"{"))),
    "what is compressed and deep": store("wheel", packed(zlib.compress(b"[" * 200_000))),
    "what is compressed and a list": store("wheel", packed(zlib.compress(b"[]"))),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_document_that_is_damaged(
    tmp_path: Path, damage: Callable[[dict[str, Any]], object]
) -> None:
    document = copy.deepcopy(DOCUMENT)
    damage(document)
    (tmp_path / "x.json").write_text(json.dumps(document), encoding="utf-8")
    assert refused(tmp_path / "x.json").startswith(" is not evidence of a run: ")


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nox_cleanroom.reports.evidence_reading._UNPACKED_BYTES", 10_000)
    document = copy.deepcopy(DOCUMENT)
    store("wheel", packed(zlib.compress(b" " * 10_000_000)))(document)
    (tmp_path / "x.json").write_text(json.dumps(document))
    assert refused(tmp_path / "x.json").endswith("a value is too large, or cut off.")


DOCUMENT = json.loads(json.dumps(_document(SMOKE, "1.0")))


def places(document: Any, *above: Any) -> list[tuple[Any, ...]]:
    """Where something is in a document."""
    items: Any = ()
    if isinstance(document, dict):
        items = document.items()
    elif isinstance(document, list):
        items = enumerate(document)
    found = [above] if above else []
    for key, value in items:
        found += places(value, *above, key)
    return found


def _plain() -> Any:
    """A document in which nothing is compressed, so that everything can be reached."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nox_cleanroom.reports.evidence._PLAIN_CHARACTERS", 1_000_000)
        return json.loads(json.dumps(_document(SMOKE, "1.0")))


PLAIN = _plain()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=6,
)
CHANGES = st.builds(put, st.sampled_from(places(PLAIN)), value=JSON) | st.builds(
    drop, st.sampled_from(places(PLAIN))
)


def said_of(path: Path) -> str:
    """The reports of a file of evidence, before and after the checks; or why there are none."""
    try:
        return terminal.render(read_evidence(path, TYPES)) + terminal.render(recheck(path))
    except UsageError as error:
        return error.message


@settings(max_examples=20, deadline=None, derandomize=True, database=None)
@given(changes=st.lists(CHANGES, min_size=1, max_size=2))
def test_whatever_a_file_holds_it_is_evidence_or_refused_with_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, changes: list[Callable[[Any], object]]
) -> None:
    document = copy.deepcopy(PLAIN)
    for change in changes:
        # The first one may have taken away what the second one changes.
        with contextlib.suppress(LookupError, TypeError):
            change(document)
    path = tmp_path_factory.getbasetemp() / "mutated.json"
    path.write_text(json.dumps(document))
    assert said_of(path)


def test_evidence_of_an_older_release_is_said_to_be_that(tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    path.write_text('{"format": 1, "cells": []}')
    with pytest.raises(UsageError, match="an older release wrote it"):
        read_evidence(path, {})


def test_the_published_schema_is_that_of_the_records() -> None:
    """`python -c` with `evidence_schema` writes it again, see the message."""
    page = Path(__file__).parents[3] / "docs/reference/evidence.schema.json"
    expected = json.dumps(evidence_schema(), indent=1) + "\n"
    how = f"write evidence_schema() to {page}, and raise FORMAT if a field has another meaning"
    assert page.read_text(encoding="utf-8") == expected, how


def test_a_run_with_every_value_has_the_schema() -> None:
    document = json.loads(json_of(full_run(), "0"))
    VALID(document)
    for wrong in ({**document, "format": 2}, {**document, "more": 1}, {**document, "cells": {}}):
        with pytest.raises(fastjsonschema.JsonSchemaException):
            VALID(wrong)
