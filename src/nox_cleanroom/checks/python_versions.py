"""What it means that only some versions of Python, or some systems, have a name."""

from __future__ import annotations

import re

from nox_cleanroom.inside.standard_library import split, stated

_SYSTEMS = {"win32": "Windows", "darwin": "macOS", "linux": "Linux", "unix": "Unix"}


def is_of_versions(words: str) -> bool:
    """Whether a statement of `stated` names versions, rather than systems only."""
    return "-" in words


def standard_library_words(words: str) -> str:
    """When the standard library has a name, for people.

    >>> standard_library_words("3.11-")
    'the standard library has it from Python 3.11 on'
    """
    low, high, systems = _parts(words)
    said = "the standard library has it"
    if low:
        said += f" from Python {low} on"
    if high:
        said += f" up to Python {high}"
    if systems:
        said += f" on {systems} only"
    return said


def standard_library_advice(words: str) -> str:
    """The next step for code that needs such a name."""
    low, high, systems = _parts(words)
    if low:
        return f"Raise requires-python to >={low}, or guard it with `sys.version_info`."
    if high:
        return "Replace it, or guard it with `sys.version_info`."
    return f"{systems} only: guard it with `sys.platform`."


def explain_missing(message: str) -> tuple[str, str] | None:
    """What the message of an exception says about the standard library, and the next step.

    Returns:
        None when the message names nothing that other versions or systems have.
    """
    for pattern in _MESSAGES:
        found = re.search(pattern, message)
        words = stated(found["module"], found.groupdict().get("name") or "") if found else ""
        if words:
            return standard_library_words(words), standard_library_advice(words)
    return None


_MESSAGES = (
    r"cannot import name '(?P<name>\w+)' from '(?P<module>[\w.]+)'",
    r"module '(?P<module>[\w.]+)' has no attribute '(?P<name>\w+)'",
    r"No module named '(?P<module>[\w.]+)'",
)


def _parts(words: str) -> tuple[str, str, str]:
    low, high, systems = split(words)
    named = " and ".join(_SYSTEMS.get(one, one) for one in systems.split(",") if one)
    return low, high, named
