"""Entry points, as ``entry_points.txt`` states them.

(https://packaging.python.org/specifications/entry-points/)
"""

from __future__ import annotations

import re

from nox_cleanroom.records import dataclass

_REFERENCE = re.compile(r"\w+(\.\w+)*\s*(:\s*\w+(\.\w+)*)?")

SCRIPT_GROUPS = ("console_scripts", "gui_scripts")


@dataclass(frozen=True, kw_only=True)
class EntryPoint:
    """One line of ``entry_points.txt``."""

    group: str
    name: str
    #: ``module:attribute``, without extras.
    value: str
    #: The extras that it requires.
    extras: tuple[str, ...] = ()

    @property
    def module(self) -> str:
        """The module that it names."""
        return self.value.partition(":")[0].strip()

    @property
    def attribute(self) -> str:
        """The dotted name in the module; empty for the module itself."""
        return self.value.partition(":")[2].strip()

    @property
    def is_reference(self) -> bool:
        """Whether its value has the form of a module, or of an object in one."""
        return _REFERENCE.fullmatch(self.value) is not None

    @property
    def is_script(self) -> bool:
        """Whether installers make a program for it."""
        return self.group in SCRIPT_GROUPS


def read_entry_points(text: str) -> tuple[tuple[EntryPoint, ...], str]:
    """The lines of an ``entry_points.txt``, and why it cannot be read; empty when it can be."""
    import configparser  # noqa: PLC0415 - most wheels have none, and it takes milliseconds

    parser = configparser.RawConfigParser(delimiters=("=",), strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign] # names keep their case
    try:
        parser.read_string(text)
        found = [
            _entry_point(group, name, value)
            for group in parser.sections()
            for name, value in parser.items(group)
        ]
    except configparser.Error as error:
        return (), str(error)
    return tuple(found), ""


def _entry_point(group: str, name: str, value: str) -> EntryPoint:
    target, _, extras = value.partition("[")
    return EntryPoint(
        group=group,
        name=name,
        value=target.strip(),
        extras=tuple(extra.strip() for extra in extras.rstrip("] ").split(",") if extra.strip()),
    )
