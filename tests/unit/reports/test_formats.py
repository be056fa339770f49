"""A run in every format: read back by somebody else's readers, and safe whatever it holds."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from google.protobuf import json_format
from in_toto_attestation.predicates.test_result.v0 import test_result_pb2
from in_toto_attestation.v1.statement import Statement
from junitparser import Error, Failure, JUnitXml, Skipped
from samples import BROKEN, EXCLUDED, FINE, IMPORTS, NO_BUILD, cell, created, full_run, run

from nox_cleanroom.config.options import FORMATS as NAMES
from nox_cleanroom.errors import Code
from nox_cleanroom.findings import Outcome, Problem
from nox_cleanroom.reports.formats import FORMATS
from nox_cleanroom.reports.github import marks
from nox_cleanroom.reports.html import html
from nox_cleanroom.reports.in_toto import in_toto
from nox_cleanroom.reports.junit import junit
from nox_cleanroom.reports.markdown import markdown
from nox_cleanroom.results import Run, Step

RUN = full_run()

#: Text that somebody else has chosen, to do harm or by chance.
EVIL = "<script>alert(1)</script> & \"x\" 'y' ]]> | `z` **b** \x1b[31m\x00\ufffe\ud800 ::error::x\n::set-output name=a::b"
HOSTILE = IMPORTS.failed(EVIL, EVIL, hint=EVIL, output=EVIL)

GREEN = run(cell("3.11", *FINE), cell("3.12", *FINE), session="matrix")
RED = run(cell("3.11", BROKEN), cell("3.12", problems=(NO_BUILD,), wheel=None), session="matrix")
PARTLY = run(
    cell("3.11", *FINE),
    cell("3.9", problems=(EXCLUDED,), wheel=None),
    session="matrix",
    missing=("3.14",),
    missing_is_error=True,
    changes=(created("junk", "smoke-3.11: build"),),
)
#: Of a job that was cancelled.
LOST = Problem(code=Code.CELL_MISSING, outcome=Outcome.FAILED, message="No job has brought it.")
ALLOWED = run(cell("3.15", BROKEN), cell("3.12", *FINE), session="matrix", may_fail=("3.15",))
RUNS = {
    "green": GREEN,
    "red": RED,
    "partly missing": PARTLY,
    "interrupted": run(
        cell("3.11", *FINE), cell("3.12", problems=(LOST,), wheel=None), session="matrix"
    ),
    "allowed": ALLOWED,
    "hostile": run(cell(EVIL, HOSTILE), session="matrix", notes=(EVIL,)),
    "every value": RUN,
}


def test_options_name_every_format() -> None:
    assert sorted(NAMES) == sorted(FORMATS)


@pytest.mark.parametrize("one", RUNS.values(), ids=RUNS)
def test_junit_is_read_back(one: Run) -> None:
    read = JUnitXml.fromstring(junit(one).encode())
    cases = [case for suite in read for case in suite]
    results = [result for case in cases for result in case.result]
    bad = [one for one in results if isinstance(one, (Failure, Error))]
    assert bool(bad) == bool(
        one.codes
        - {
            code
            for code in one.codes
            if code.name in {"WARNINGS_AS_ERRORS", "EMPTY_MATRIX", "NOTHING_TESTED"}
        }
    )
    assert (read.tests, read.failures + read.errors) == (len(cases), len(bad))
    for suite in read:
        assert suite.skipped == sum(isinstance(r, Skipped) for case in suite for r in case.result)


def test_junit_has_a_case_for_each_finding() -> None:
    first, second, checkout = JUnitXml.fromstring(junit(RED).encode())
    (case,) = first
    assert (case.classname, case.name) == ("smoke-3.11", "imports: demo.part")
    (failure,) = case.result
    assert failure.message == "ModuleNotFoundError: No module named 'yaml'"
    assert failure.type == "PROBE_FAILED"
    assert 'File "demo/part.py", line 1' in failure.text
    (case,) = second
    assert (case.name, case.result[0].type) == ("BUILD_FAILED", "BUILD_FAILED")
    assert [case.result for case in checkout] == [[]]


def test_junit_says_what_is_missing_and_what_has_changed() -> None:
    suites = {suite.name: [*suite] for suite in JUnitXml.fromstring(junit(PARTLY).encode())}
    assert isinstance(suites["smoke-3.14"][0].result[0], Failure)
    assert isinstance(suites["smoke-3.9"][0].result[0], Skipped)
    assert "junk (created)" in suites["checkout"][0].result[0].text
    (allowed, *_) = JUnitXml.fromstring(junit(ALLOWED).encode())
    assert [type(result) for case in allowed for result in case.result] == [Skipped]


def test_junit_bounds_output() -> None:
    long = run(cell("3.11", replace(BROKEN, output="x" * 10**6)))
    assert len(junit(long)) < 30_000


@pytest.mark.parametrize("one", RUNS.values(), ids=RUNS)
def test_in_toto_is_a_statement_about_the_tested_files(one: Run) -> None:
    document = json.loads(in_toto(one))
    statement = Statement.copy_from_pb(
        json_format.ParseDict(document, Statement([], "", {}).pb.__class__())
    )
    if document["subject"]:
        statement.validate()
    predicate = json_format.ParseDict(document["predicate"], test_result_pb2.TestResult())
    assert predicate.result in {"PASSED", "WARNED", "FAILED"}
    assert (predicate.result == "FAILED") == one.outcome.is_bad
    assert bool(predicate.failed_tests) <= one.outcome.is_bad
    assert document["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"


def test_in_toto_names_files_commit_and_tests() -> None:
    given = replace(GREEN, files={"demo-1.0.tar.gz": "f" * 64})
    document = json.loads(in_toto(given))
    assert [one["name"] for one in document["subject"]] == [
        "demo-1.0-py3-none-any.whl",
        "demo-1.0.tar.gz",
    ]
    commit, settings = document["predicate"]["configuration"]
    assert commit["digest"] == {"gitCommit": GREEN.subject.commit}
    assert settings["digest"].keys() == {"sha256"}
    assert "smoke-3.11: imports: demo" in document["predicate"]["passedTests"]
    failed = json.loads(in_toto(RED))["predicate"]["failedTests"]
    assert failed == ["smoke-3.11: imports: demo.part", "smoke-3.12: BUILD_FAILED"]


class Page(HTMLParser):
    """The elements of a page, which must be closed in their order, and its text."""

    VOID = frozenset({"meta", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("one", RUNS.values(), ids=RUNS)
def test_html_is_whole_and_needs_nothing_else(one: Run) -> None:
    page = Page()
    page.feed(html(one))
    page.close()
    assert page.open == []
    tags = {tag for tag, _ in page.seen}
    assert tags.isdisjoint({"script", "link", "img", "iframe", "object"})
    names = {name for _, attributes in page.seen for name in attributes}
    assert not any(name.startswith("on") or name in {"src", "href"} for name in names)
    for cell_ in one.cells:
        assert cell_.outcome.name in page.text


def test_html_shows_reasons_and_time() -> None:
    steps = (
        Step(name="build wheel", command=("python", "x"), exit_status=0, started=0.5, duration=1.0),
        Step(
            name="import demo",
            command=("python", "y"),
            exit_status=1,
            started=2.0,
            duration=2.0,
            ending="exit status 1",
        ),
    )
    page = html(run(cell("3.11", BROKEN, steps=steps), session="matrix"))
    assert "ModuleNotFoundError: No module named &#x27;yaml&#x27;" in page
    assert 'style="left:12.500%;width:25.000%" title="build wheel, 1.00 s"' in page
    assert 'class="step bad" style="left:50.000%;width:50.000%"' in page
    assert "$ python y   # exit status 1" in page


def test_markdown_has_a_row_for_each_cell() -> None:
    lines = markdown(PARTLY).splitlines()
    assert lines[0].startswith("### ❌ FAILED: ")
    assert any(line.startswith("| smoke-3.11 | ✅ PASSED |") for line in lines)
    assert any(line.startswith("| smoke-3.9 | ⏭️ SKIPPED | PYTHON\\_EXCLUDED |") for line in lines)
    assert "| smoke-3.14 | ⏭️ missing | |" in lines
    assert "    junk (created), while `smoke-3.11: build` was running" in lines
    assert "(may fail)" in markdown(ALLOWED)


def test_markdown_is_no_markup_of_others() -> None:
    text = markdown(RUNS["hostile"])
    outside = re.sub(r"(?s)```.*?```", "", text)
    assert "<script>" not in outside.replace("\\<", "")
    assert text.count("<details>") == text.count("</details>") == 1
    assert len(re.findall(r"^ *```", text, re.MULTILINE)) % 2 == 0
    (row,) = [line for line in text.splitlines() if line.startswith("| smoke")]
    assert len(re.findall(r"(?<!\\)\|", row)) == 4


def test_marks_are_at_the_lines_of_the_repository() -> None:
    values: dict[str, Any] = {"values": dict(RUN.cells[0].values)}
    found = replace(BROKEN, output="demo/__init__.py:3: import yaml")
    one = run(cell("3.11", found, **values), cell("3.12", found, **values), session="matrix")
    assert [*marks(one)] == [
        (
            "::error file=src/demo/__init__.py,line=3,title=PROBE_FAILED::smoke-3.11, smoke-3.12:"
            " imports: demo.part: ModuleNotFoundError: No module named 'yaml'%0A`yaml` is not"
            " installed. Is it declared in the project's dependencies?"
        )
    ]


def test_marks_cannot_be_other_commands() -> None:
    for line in marks(RUNS["hostile"]):
        assert "\n" not in line
        assert re.match(r"::(error|warning) (file=[^,:]+,line=\d+,)?title=[^:,]*::", line)
    assert [*marks(GREEN)] == []
    assert all(line.startswith("::warning ") for line in marks(ALLOWED))


def test_marks_are_few() -> None:
    many = [replace(BROKEN, subject=f"demo.m{number}") for number in range(50)]
    assert len([*marks(run(cell("3.11", *many)))]) == 10


@pytest.mark.parametrize("name", NAMES)
def test_the_hostile_run_can_be_written(name: str) -> None:
    text = FORMATS[name](RUNS["hostile"])
    text.encode("utf-8", "backslashreplace")
    if name == "junit":
        assert len(JUnitXml.fromstring(text.encode())) > 0
    assert RUNS["hostile"].outcome is Outcome.FAILED
