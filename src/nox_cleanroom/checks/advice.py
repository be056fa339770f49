"""What an exception, or an interpreter that ended early, means to users, and the next step."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from nox_cleanroom.checks.python_versions import explain_missing
from nox_cleanroom.environments.environment import Facts
from nox_cleanroom.environments.interpreter_questions import Answer
from nox_cleanroom.errors import Code
from nox_cleanroom.findings import Finding, Outcome
from nox_cleanroom.inside.standard_library import is_known
from nox_cleanroom.output import last_lines
from nox_cleanroom.probes.tracked import LeftOut, Tracked
from nox_cleanroom.records import dataclass
from nox_cleanroom.wheels import Wheel

#: A line of code in a traceback, with its file and number.
_FRAME = re.compile(r'^  File "([^"]+)", line (\d+).*\n(    .*)', re.MULTILINE)

#: How many lines of the package's own code are shown.
_OWN_LINES = 3


@dataclass(frozen=True, kw_only=True)
class Clues:
    """The values that explain why a module is missing."""

    wheel: Wheel
    facts: Facts
    tracked: Tracked
    #: Modules of the checkout that are not in the commit; None until the probe has run.
    left_out: LeftOut | None
    #: Names that the wheel's code imports and that do not exist; None when the code was not read.
    absent: frozenset[str] | None = None

    @property
    def settled_by(self) -> str:
        """The probe that can explain a missing module."""
        return "left_out" if self.left_out is None else ""


def ended_early(answer: Answer, doing: str) -> Finding | None:
    """The finding when a process ended without an answer or with an error; None otherwise.

    Args:
        answer: the answer of the process.
        doing: what the process was doing, such as ``importing it``.
    """
    if answer.said is not None and (answer.succeeded or not answer.completed):
        # A later subject ended the process.
        return None
    if answer.timed_out:
        what, code = f"{doing} was {answer.ending}", Code.TIMEOUT
    elif answer.said is not None and not answer.error:
        what, code = f"{doing} worked, but then the interpreter ended ({answer.ending})", None
    elif answer.said is None:
        what, code = f"{doing} ended the interpreter ({answer.ending})", None
    else:
        return None
    return Finding(
        answer.subject,
        Outcome.FAILED,
        f"{what}.",
        "Users would see the same; run the import in a fresh environment to watch it.",
        output=last_lines(answer.output),
        code=code or Code.PROBE_FAILED,
    )


def exception_text(clues: Clues, error: Mapping[str, Any]) -> str:
    """An exception as one safe line, with paths as in the wheel."""
    message = last_lines(_as_in_wheel(clues.facts, error["message"]), 3).replace("\n", " ")
    if _imported_name(error) in (clues.absent or ()):
        # Python only guesses, and there is no such name at all.
        message = message.replace(" (most likely due to a circular import)", "")
    return f"{error['type']}: {message}" if message else str(error["type"])


def exception_lines(facts: Facts, error: Mapping[str, Any]) -> str:
    """The last lines of an exception's traceback, safe to print, without the import machinery."""
    lines = _as_in_wheel(facts, str(error.get("traceback", ""))).splitlines()
    return last_lines("\n".join(line for line in lines if "<frozen importlib" not in line), 12)


def own_lines(wheel: Wheel, facts: Facts, error: Mapping[str, Any]) -> str:
    """The last lines of the wheel's own code in a traceback, as ``demo/part.py:3: import yaml``.

    Without one, the last lines of all.
    """
    text = _as_in_wheel(facts, str(error.get("traceback", ""))).replace(os.sep, "/")
    found = [
        f"{path}:{line}: {code.strip()}"
        for path, line, code in _FRAME.findall(text)
        if path in wheel.sizes
    ]
    return last_lines("\n".join(found[-_OWN_LINES:]) or exception_lines(facts, error), _OWN_LINES)


def _as_in_wheel(facts: Facts, text: str) -> str:
    for scheme in ("purelib", "platlib"):
        text = text.replace(f"{facts.paths[scheme]}{os.sep}", "")
    return text


def advice_on_import(clues: Clues, error: Mapping[str, Any]) -> str:
    """The next step for code that does not load."""
    explained = explain_missing(error["message"])
    missing = error.get("missing") or ""
    if "exit" in error:
        advice = 'Put what it does behind `if __name__ == "__main__":`.'
    elif "variable" in error:
        advice = (
            f"It needs the variable {error['variable']}, which users do not have; `pass-env` hands"
            " it on to the probes if they do."
        )
    elif "file" in error:
        advice = _advice_on_file(clues, _as_in_wheel(clues.facts, error["file"]))
    elif error["type"] == "PackageNotFoundError":
        name = clues.wheel.metadata.get("name")
        advice = f"No distribution of that name is installed; this one is `{name}`."
    elif explained is not None:
        words, more = explained
        advice = f"{words[0].upper()}{words[1:]}. {more}"
    elif _imported_name(error):
        advice = advice_on_name(clues, _imported_name(error))
    elif missing:
        advice = advice_on_missing(clues, missing)
    else:
        advice = "The same happens to every user who loads it."
    return advice


def _advice_on_file(clues: Clues, path: str) -> str:
    """The next step for a file that the package opens and that is not there."""
    source = clues.tracked.source_of(path)
    if source:
        return _advice_on_tracked(clues, source)
    return f"{path} is not in the wheel: declare it as package data, and `git add` it."


def _advice_on_tracked(clues: Clues, source: str) -> str:
    """The next step for a file that is in the commit and not in the wheel."""
    rule = clues.left_out.rules.get(source) if clues.left_out else None
    if rule is None:
        return f"{source} is in the commit and not in the wheel: does the build backend include it?"
    return (
        f"{source} is in the commit and not in the wheel. The ignore rule `{rule.pattern}`"
        f" ({rule.place}) covers it, and some build backends leave out what is ignored: narrow the"
        " rule."
    )


def advice_on_name(clues: Clues, missing: str) -> str:
    """The next step for a name that a module lacks; it may be the name of a module."""
    module, _, name = missing.rpartition(".")
    elsewhere = _advice_on_file_of(clues, missing)
    if elsewhere:
        advice = elsewhere
    elif not _is_own(clues, module):
        advice = (
            f"The installed `{module}` has no `{name}`: change the import, or require the versions"
            " that have it."
        )
    elif clues.absent is None or missing in clues.absent:
        advice = (
            f"`{module}` has no `{name}`, and the wheel has no module of that name: is it misspelt,"
            " or does the build backend leave it out?"
        )
    else:
        advice = (
            f"`{module}` is still being loaded at that moment, and has no `{name}` yet: import it"
            f" in the function that needs it, or move `{name}` to a module of its own."
        )
    return advice


def _is_own(clues: Clues, module: str) -> bool:
    return module.partition(".")[0] in clues.wheel.top_level_names


def _advice_on_file_of(clues: Clues, missing: str) -> str:
    """The next step for a module whose file is somewhere else than in the wheel; or empty."""
    committed = clues.tracked.source_of_module(missing)
    if not _is_own(clues, missing) and not clues.tracked.is_at_top(committed):
        committed = ""
    left_out = clues.left_out.file_of(missing.rpartition(".")[2]) if clues.left_out else ""
    empty = _empty_submodule(clues, missing)
    if committed:
        return _advice_on_tracked(clues, committed)
    if left_out:
        return _advice_on_left_out(clues, left_out)
    if empty:
        return f"The submodule {empty} is empty; `git submodule update --init {empty}` fills it."
    return ""


def advice_on_missing(clues: Clues, missing: str) -> str:
    """The next step for a missing module."""
    elsewhere = _advice_on_file_of(clues, missing)
    if elsewhere:
        advice = elsewhere
    elif _namesake(clues, missing):
        advice = f"The wheel has `{_namesake(clues, missing)}`: import it by its full name."
    elif _is_own(clues, missing):
        advice = f"`{missing}` is not in the wheel: does the build backend include it?"
    elif missing in _MOVED:
        advice = _MOVED[missing]
    elif is_known(missing):
        advice = "This interpreter was built without it; its users need another, or a guard."
    else:
        advice = f"`{missing}` is not installed. Is it declared in the project's dependencies?"
    return advice


#: Names that are no modules, or no longer.
_MOVED = {
    "src": "`src` is only the directory of the sources: import the package without it.",
    "pkg_resources": "setuptools has no `pkg_resources` since version 82: use importlib.metadata"
    " and importlib.resources instead, or require `setuptools<81`.",
}


def _advice_on_left_out(clues: Clues, path: str) -> str:
    """The next step for a module that is in the checkout and not in the commit."""
    rule = clues.left_out.rules.get(path) if clues.left_out else None
    if rule is None:
        return (
            f"{path} is in the checkout and not in the commit: `git add` it. Only what is committed"
            " is tested."
        )
    return (
        f"{path} is in the checkout and not in the commit, because the ignore rule"
        f" `{rule.pattern}` ({rule.place}) covers it. If it is generated, a build hook has to make"
        " it; otherwise narrow the rule, and commit the file."
    )


def _namesake(clues: Clues, missing: str) -> str:
    """A module of the wheel that is probably meant: with a package before it, or in other case."""
    for module in sorted(clues.wheel.modules):
        is_in_other_case = module != missing and module.lower() == missing.lower()
        if module.endswith(f".{missing}") or is_in_other_case:
            return module
    return ""


def _empty_submodule(clues: Clues, missing: str) -> str:
    """The empty submodule in which a module would lie; empty when there is none."""
    parts = missing.split(".")
    paths = {"/".join(parts[:depth]) for depth in range(1, len(parts) + 1)}
    for submodule in clues.tracked.missing_submodules:
        if any(f"/{submodule}".endswith(f"/{path}") for path in paths):
            return submodule
    return ""


#: Modules that an interpreter has only if the system had their libraries at its build.
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


def what_is_lacking(error: Mapping[str, Any]) -> str:
    """What this machine lacks, if an exception shows that the package is not at fault; or empty."""
    if error.get("missing") in _OF_THE_SYSTEM:
        return f"this interpreter was built without {error['missing']}"
    if error.get("variable") in {"DISPLAY", "WAYLAND_DISPLAY"}:
        return "there is no display"
    # A message may be megabytes long, and a search in all of it takes too long.
    message = error["message"][:2000]
    for sign, words in _SIGNS_OF_LACK:
        found = re.search(sign, message)
        if found:
            return words.format(*found.groups())
    return ""


def _imported_name(error: Mapping[str, Any]) -> str:
    """The name that a module lacks, after that of the module; empty for any other exception."""
    named = re.match(
        r"cannot import name '(\w+)' from (?:partially initialized module )?'([\w.]+)'",
        error["message"],
    )
    return f"{named[2]}.{named[1]}" if named and error["type"] == "ImportError" else ""
