"""The formats in which a run can be written, each a function of its record."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nox_cleanroom._version import __version__
from nox_cleanroom.reports.evidence import json_of
from nox_cleanroom.reports.html import html
from nox_cleanroom.reports.in_toto import in_toto
from nox_cleanroom.reports.junit import junit
from nox_cleanroom.reports.markdown import markdown
from nox_cleanroom.results import Run

#: The functions, by the names that options use.
FORMATS: Mapping[str, Callable[[Run], str]] = {
    "html": html,
    "in-toto": in_toto,
    "json": lambda run: json_of(run, __version__),
    "junit": junit,
    "markdown": markdown,
}
