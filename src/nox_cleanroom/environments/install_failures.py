"""Why requirements cannot be installed, in a sentence, from the many lines of pip and uv."""

from __future__ import annotations

import re

from nox_cleanroom.records import dataclass


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why a requirement cannot be installed."""

    #: A sentence, and the next step.
    message: str
    hint: str
    #: The requirement that no index has; empty for other reasons.
    absent: str = ""


#: uv says that all versions of a requirement need another Python.
_UV_NEEDS_PYTHON = (
    r"current Python version \((?P<here>[\d.]+)\) does not satisfy Python(?P<wanted>[<>=!~\d.,]+)"
    r" and (?:all versions of )?(?P<name>[\w.-]+)"
)
_PIP_NEEDS_PYTHON = (
    r"Ignored the following versions that require a different python version:"
    r".*?Requires-Python (?P<wanted>[<>=!~\d.,]+)(?s:.*)No matching distribution found for"
    r" (?P<name>[\w.-]+)"
)
#: uv says that a requirement has wheels for other systems only, and for which.
_NEEDS_SYSTEM = (
    r"Because (?P<name>[\w.-]+?)(?:[<>=!~][^ ]*)? has no wheels with a matching platform"
)
_SYSTEMS = r"Wheels are available for .* on the following platforms?: (?P<systems>.*)"
#: uv finds no such project; pip does not tell that from one without a suitable file.
_UV_ABSENT = r"Because (?P<name>[\w.-]+) was not found in the (?:package registry|provided package)"
_PIP_ABSENT = r"requirement (?P<name>[\w.-]+).* \(from versions: none\)"


def reason_of(output: str) -> Reason | None:
    """The reason in the output of pip or uv; None when it is another one.

    >>> reason_of("Because absent was not found in the package registry").absent
    'absent'
    """
    # uv breaks its sentences into lines.
    text = re.sub(r"\n\s*[│|╰├─▶]*\s*", " ", output)
    if found := re.search(_UV_NEEDS_PYTHON, text) or re.search(_PIP_NEEDS_PYTHON, output):
        return _needs_python(found)
    if found := re.search(_NEEDS_SYSTEM, text):
        return _needs_system(found["name"], re.search(_SYSTEMS, output))
    if found := re.search(_UV_ABSENT, text):
        name = found["name"]
        return Reason(
            message=f"no index has the requirement `{name}`",
            hint="Is its name right? If it is on another index, configure that, or name a directory"
            " with its wheel by --find-links.",
            absent=name,
        )
    if found := re.search(_PIP_ABSENT, output):
        return Reason(
            message=f"no index has a file of the requirement `{found['name']}` for this system",
            hint="Is its name right? One for another system is restricted by a marker, such as"
            " `; sys_platform == 'win32'`.",
            absent=found["name"],
        )
    return None


def _needs_python(found: re.Match[str]) -> Reason:
    name, wanted = found["name"], found["wanted"].rstrip(".,")
    low = re.match(r">=(\d+\.\d+)", wanted)
    marker = f'`{name}; python_version >= "{low[1]}"`' if low else "a marker for the Pythons it has"
    return Reason(
        message=f"the requirement `{name}` is for Python {wanted} only",
        hint=f"Restrict it: {marker}; or change requires-python.",
    )


def _needs_system(name: str, found: re.Match[str] | None) -> Reason:
    systems = found["systems"].replace("`", "") if found else ""
    is_windows = bool(systems) and all(one.strip().startswith("win") for one in systems.split(","))
    marker = "`; sys_platform == 'win32'`" if is_windows else "a marker for these systems"
    return Reason(
        message=f"the requirement `{name}` has no wheel for this system"
        + (f", only for {systems}" if systems else ""),
        hint=f"Restrict it by {marker}.",
    )
