"""What every probe gets and gives: an installation in, results out."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Any, Protocol

from nox_cleanroom.environments.environment import Answer
from nox_cleanroom.environments.installation import Installation
from nox_cleanroom.errors import Code
from nox_cleanroom.output import last_lines
from nox_cleanroom.results import Outcome, ProbeResult

_CANNOT_IMPORT = re.compile(
    r"cannot import name '(\w+)' from (?:partially initialized module )?'([\w.]+)'"
)


class Probe(Protocol):
    """One kind of question to an installation.

    A probe is a function; its module has one, and `probes.DEFAULT_PROBES` names it.
    """

    def __call__(self, installation: Installation) -> Iterable[ProbeResult]:
        """The answers, one for each subject."""
        ...


def ended_early(probe: str, answer: Answer, doing: str) -> ProbeResult | None:
    """The result when a process ended before, or otherwise than, its answer allows; else None.

    Args:
        probe: the probe's name.
        answer: what came back.
        doing: what was going on, such as ``importing it``.
    """
    step = answer.step
    if answer.said is not None and (step.succeeded or not answer.completed):
        # Who ended the process was asked after it.
        return None
    if step.timed_out:
        what, code = f"{doing} was {step.ending}", Code.TIMEOUT
    elif answer.said is not None and not answer.error:
        what, code = f"{doing} worked, but then the interpreter's end was: {step.ending}", None
    elif answer.said is None:
        what, code = f"{doing} ended the interpreter ({step.ending})", None
    else:
        return None
    return ProbeResult(
        probe=probe,
        subject=answer.subject,
        outcome=Outcome.FAILED,
        message=f"{what}.",
        hint="Users would see the same; run the import in a fresh environment to watch it.",
        output=last_lines(step.output),
        code=code or Code.PROBE_FAILED,
    )


def exception_text(installation: Installation, error: dict[str, Any]) -> str:
    """An exception as one safe line, its paths as they are in the wheel."""
    message = last_lines(_as_in_wheel(installation, error["message"]), 3).replace("\n", " ")
    return f"{error['type']}: {message}" if message else str(error["type"])


def exception_lines(installation: Installation, error: dict[str, Any]) -> str:
    """The last lines of an exception's traceback that speak of somebody's code, safe to print."""
    lines = _as_in_wheel(installation, str(error.get("traceback", ""))).splitlines()
    return last_lines("\n".join(line for line in lines if "<frozen importlib" not in line), 8)


def _as_in_wheel(installation: Installation, text: str) -> str:
    for scheme in ("purelib", "platlib"):
        text = text.replace(f"{installation.facts.paths[scheme]}{os.sep}", "")
    return text


def advice_on_import(installation: Installation, error: dict[str, Any]) -> str:
    """What to do about code that does not load."""
    if "exit" in error:
        return 'Put what it does behind `if __name__ == "__main__":`.'
    if "variable" in error:
        return (
            f"It needs the variable {error['variable']}, which users do not have; `pass-env` hands"
            " it on to the probes if they do."
        )
    if "file" in error:
        return (
            f"{_as_in_wheel(installation, error['file'])} is not in the wheel: declare it as"
            " package data, and `git add` it."
        )
    missing = _missing_name(error)
    if not missing:
        return "The same happens to every user who loads it."
    return advice_on_missing(installation, missing)


def advice_on_missing(installation: Installation, missing: str) -> str:
    """What to do about a module that is not there."""
    left_out = installation.left_out(missing.rpartition(".")[2])
    if left_out:
        return (
            f"{left_out} is in the checkout and not in the commit: `git add` it. Only what is"
            " committed is tested."
        )
    if installation.missing_submodules:
        names = ", ".join(installation.missing_submodules)
        return f"These submodules are empty: {names}; `git submodule update --init` fills them."
    if missing.partition(".")[0] in installation.wheel.top_level_names:
        return f"`{missing}` is not in the wheel: does the build backend include it?"
    return f"`{missing}` is not installed. Is it declared in the project's dependencies?"


#: What an interpreter has only where the system had it when it was built.
_OF_THE_SYSTEM = frozenset(
    {
        *("_bz2", "_ctypes", "_curses", "_dbm", "_gdbm", "_hashlib", "_lzma", "_sqlite3"),
        *("_ssl", "_tkinter", "_uuid", "_zstd", "readline", "tkinter"),
    }
)

_SIGNS_OF_LACK = (
    (r"(\S+\.so[.\d]*): cannot open shared object file", "this machine has no {}"),
    (r"(?i)no display|(?:connect to|open) (?:x server|display)", "there is no display"),
    (r"getaddrinfo failed|name resolution|Network is unreachable|urlopen error", "no network"),
)


def what_is_lacking(error: dict[str, Any]) -> str:
    """What of this machine, and not of the package, an exception speaks of; or nothing."""
    if error.get("missing") in _OF_THE_SYSTEM:
        return f"this interpreter was built without {error['missing']}"
    # A message may be megabytes long, and looking for a pattern there takes for ever.
    message = error["message"][:2000]
    for sign, words in _SIGNS_OF_LACK:
        found = re.search(sign, message)
        if found:
            return words.format(*found.groups())
    return ""


def _missing_name(error: dict[str, Any]) -> str:
    """The module that an ImportError misses: what could not be imported, or its submodule."""
    named = re.match(
        r"cannot import name '(\w+)' from (?:partially initialized module )?'([\w.]+)'",
        error["message"],
    )
    if named:
        return f"{named.group(2)}.{named.group(1)}"
    return error.get("missing") or ""
