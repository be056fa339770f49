"""Which versions and systems have a module of the standard library, or a name in it.

`docs/list_standard_library.py` writes the table beside this module.
"""

import json
import os
import sys

with open(
    os.path.join(os.path.dirname(__file__), "standard_library.json"), encoding="ascii"
) as file:
    #: For each module, when it exists (under the empty name), and when some of its names do.
    TABLE = json.load(file)

#: All names that some versions or systems lack.
NAMES = frozenset().union(*TABLE.values())


def stated(module: str, name: str = "") -> str:
    """When a module or a name in it exists, as the table says it; empty when it always does."""
    if not name:
        while module and module not in TABLE:
            module = module.rpartition(".")[0]
    found: str = TABLE.get(module, {}).get(name, "")
    return found


def is_known(module: str) -> bool:
    """Whether some version of the standard library has a module of this name."""
    top = module.partition(".")[0]
    return top in TABLE or top in getattr(sys, "stdlib_module_names", ())


def lacking(words: str, minor: int = sys.version_info[1], system: str = sys.platform) -> str:
    """The part of a statement that does not hold on an interpreter; empty when all of it does."""
    low, high, systems = split(words)
    in_time = (not low or minor >= int(low[2:])) and (not high or minor <= int(high[2:]))
    family = "win32" if system == "win32" else "unix"
    on_system = not systems or family == systems or system in systems.split(",")
    versions = words[: len(words) - len(systems)].strip()
    return " ".join(filter(None, ("" if in_time else versions, "" if on_system else systems)))


def split(words: str) -> "tuple[str, str, str]":
    """The first and the last version of a statement, and its systems; each may be empty."""
    versions, _, systems = words.partition(" ") if "-" in words else ("-", "", words)
    low, _, high = versions.partition("-")
    return low, high, systems


def lacks(module: str, name: str = "") -> str:
    """The reason for which this interpreter lacks a module or a name, as `stated` says it."""
    return lacking(stated(module, name))
