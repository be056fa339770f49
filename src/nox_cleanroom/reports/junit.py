"""The report of a run as JUnit's XML, which CI services show: a suite for each cell.

A test case is one finding, or a problem that ended the cell. The elements and attributes are those
that Jenkins, GitLab and `junitparser` read.
(https://github.com/testmoapp/junitxml, https://docs.gitlab.com/ci/testing/unit_test_reports/)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from nox_cleanroom.findings import Finding, Outcome, Problem
from nox_cleanroom.output import clean_text
from nox_cleanroom.reports.changed_paths import change_lines
from nox_cleanroom.reports.terminal import verdict_line
from nox_cleanroom.results import Cell, Run

#: How many characters of output a test case has.
_OUTPUT = 20_000

#: The elements for bad outcomes.
_ELEMENTS = {Outcome.FAILED: "failure", Outcome.ERROR: "error", Outcome.SKIPPED: "skipped"}


def junit(run: Run) -> str:
    """The XML document of a run."""
    suites = [*(_suite(run, cell) for cell in run.cells), *_other_suites(run)]
    root = ET.Element("testsuites", name="nox-cleanroom", time=f"{run.duration:.3f}")
    root.extend(suites)
    for suite in suites:
        suite.set("timestamp", run.started_at.partition("+")[0])
        _count(suite, suite.iter("testcase"))
    _count(root, root.iter("testcase"))
    # Jenkins' schema counts those of suites only.
    del root.attrib["skipped"]
    ET.indent(root)
    return f"<?xml version='1.0' encoding='utf-8'?>\n{ET.tostring(root, encoding='unicode')}\n"


def _count(element: ET.Element, cases: Iterator[ET.Element]) -> None:
    found = [*cases]
    element.set("tests", str(len(found)))
    for attribute, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(attribute, str(sum(case.find(kind) is not None for case in found)))


def _suite(run: Run, cell: Cell) -> ET.Element:
    suite = ET.Element("testsuite", name=_safe(cell.name), time=f"{cell.duration:.3f}")
    properties = ET.SubElement(suite, "properties")
    about = {"commit": run.subject.commit, "project": run.subject.project}
    if cell.wheel is not None:
        about |= {"wheel": cell.wheel.file, "sha256": cell.wheel.sha256}
    if cell.interpreter is not None:
        about["python"] = cell.interpreter.version
    for name, value in about.items():
        ET.SubElement(properties, "property", name=name, value=_safe(value))
    may_fail = run.lets_fail(cell)
    for problem in cell.problems:
        _case(suite, problem.code.name, problem, may_fail=may_fail)
    for finding in cell.findings:
        _case(suite, f"{finding.check}: {finding.subject}", finding, may_fail=may_fail)
    return suite


def _case(suite: ET.Element, name: str, about: Finding | Problem, *, may_fail: bool) -> None:
    case = ET.SubElement(
        suite, "testcase", classname=suite.get("name", ""), name=_safe(name), time="0.000"
    )
    waived = getattr(about, "waived", "")
    words = "\n".join(filter(None, (about.message, about.hint and f"-> {about.hint}")))
    if waived or (may_fail and about.outcome.is_bad):
        reason = f"waived: {waived}" if waived else f"may fail: {about.message}"
        ET.SubElement(case, "skipped", message=_safe(reason))
    elif about.outcome in _ELEMENTS:
        element = ET.SubElement(case, _ELEMENTS[about.outcome], message=_safe(about.message))
        if about.outcome.is_bad:
            element.set("type", about.code.name)
        element.text = _safe("\n".join(filter(None, (words, about.output))))[-_OUTPUT:]
    elif words:
        ET.SubElement(case, "system-out").text = _safe(f"{about.outcome.name}: {words}")


def _other_suites(run: Run) -> Iterator[ET.Element]:
    """A suite for the checkout, and one for the interpreters that this machine lacks."""
    suite = ET.Element("testsuite", name="checkout", time="0.000")
    case = ET.SubElement(
        suite, "testcase", classname="checkout", name="is as it was before", time="0.000"
    )
    if run.dirtied:
        lines = "\n".join(change_lines(run.changes, all_of_them=True))
        element = ET.SubElement(case, "failure", message=_safe(verdict_line(run)))
        element.set("type", "DIRTY_REPO_POST")
        element.text = _safe(lines)[:_OUTPUT]
    yield suite
    for python in run.missing:
        name = f"smoke{run.suffix}-{python}"
        suite = ET.Element("testsuite", name=name, time="0.000")
        case = ET.SubElement(suite, "testcase", classname=name, name="interpreter", time="0.000")
        is_bad = run.missing_is_error and python not in run.may_fail
        words = f"Python {python} is not on this machine."
        element = ET.SubElement(case, "failure" if is_bad else "skipped", message=words)
        if is_bad:
            element.set("type", "INTERPRETER_MISSING")
        yield suite


#: What XML 1.0 cannot hold (https://www.w3.org/TR/xml/#charsets).
_NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _safe(text: str) -> str:
    """Text without secrets, and without characters that XML cannot hold."""
    return _NOT_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", clean_text(text))
