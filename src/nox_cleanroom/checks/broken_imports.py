"""What a broken import of a top-level module breaks with it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nox_cleanroom.entry_points import EntryPoint
from nox_cleanroom.probes.loading import Loaded
from nox_cleanroom.wheels import Wheel


def broken_with_imports(wheel: Wheel, loaded: Loaded) -> Iterator[EntryPoint]:
    """The entry points that fail with the same error as the import of a module above them."""
    errors = {
        one.subject: (one.error["type"], one.error["message"])
        for one in loaded.answers
        if one.kind == "import" and one.error is not None
    }
    for entry_point in wheel.entry_points:
        answer = loaded.of("entry point", entry_point.value)
        error = answer.error if answer is not None else None
        if error is None:
            continue
        module = entry_point.module
        above = (name for name in errors if f"{module}.".startswith(f"{name}."))
        if any(errors[name] == (error["type"], error["message"]) for name in above):
            yield entry_point


def missing_in_imports(loaded: Loaded) -> frozenset[str]:
    """The modules without which an import has failed."""
    errors = (one.error for one in loaded.answers if one.kind == "import" and one.error)
    return frozenset(str(error.get("missing") or "") for error in errors)


def not_compiling_in_imports(loaded: Loaded) -> frozenset[str]:
    """The names of the files that do not compile, and that an import has failed with."""
    errors = (one.error for one in loaded.answers if one.kind == "import" and one.error)
    found = (
        re.search(r"\(([^()]+\.py), line \d+\)", str(error["message"]))
        for error in errors
        if error["type"] in {"SyntaxError", "IndentationError", "TabError"}
    )
    return frozenset(one[1] for one in found if one)
