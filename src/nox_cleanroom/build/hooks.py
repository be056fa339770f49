"""What a call of a backend's hooks has answered and printed: see `inside/building.py`."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path

from nox_cleanroom.environments.environment import INSIDE
from nox_cleanroom.records import dataclass


@dataclass(frozen=True, kw_only=True)
class HooksResult:
    """The result of a call of the backend's hooks."""

    #: What must be installed first; None when the call ended before it asked the backend.
    requires: tuple[str, ...] | None = None
    #: The name of the built file; empty when there is none.
    built: str = ""
    #: What was printed meanwhile.
    output: str = ""


def of_backend(output: str) -> str:
    """Output without the frames of a traceback that are of the import machinery, or ours."""
    others = rf"<frozen |{re.escape(str(INSIDE))}|[^\"]*importlib.__init__\.py"
    shorter = re.sub(rf'^  File "(?:{others}).*\n(?:    .*\n)*', "", output, flags=re.MULTILINE)
    # Where no frame is left, the exception says it all.
    return re.sub(r"^Traceback .*:\n(?!  File)", "", shorter, flags=re.MULTILINE)


def read_answer(place: Path, output: str) -> HooksResult:
    """The result of a call that ended well; an empty one where its answer is damaged.

    Args:
        place: the file of its answer.
        output: what it has printed.
    """
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
        said = json.loads(place.read_text(encoding="ascii"))
        requires, built = tuple(map(str, said["requires"])), str(said.get("built", ""))
        return HooksResult(requires=requires, built=built, output=output)
    return HooksResult()
