"""What `smoke` tests for a range: each of its commits, or as many as find the first bad one."""

from __future__ import annotations

import nox

from nox_cleanroom.output import clean_text
from nox_cleanroom.results import Run
from nox_cleanroom.runs.history import History
from nox_cleanroom.runs.run import OpenRun
from nox_cleanroom.sessions import run_request
from nox_cleanroom.sessions.verdict import write_evidence
from nox_cleanroom.verdicts import RangeVerdict


def test_range(session: nox.Session, run: OpenRun, python: str) -> RangeVerdict:
    """Test the commits of a range, or find the first bad one."""
    options = run.request.options

    def announce(words: str) -> None:
        session.log(clean_text(words))

    def keep(record: Run) -> None:
        write_evidence(session, record, options)

    history = History(run=run, python=python, announce=announce, keep=keep)
    suspects = None
    if options.bisect:
        suspects = history.find_first_bad()
    else:
        stops = bool(run_request.config(session).stop_on_first_error)
        history.test_all(stops_at_first=stops)
    return history.record(suspects)
