"""What the documentation says of each code."""

from __future__ import annotations

import difflib
from pathlib import Path

from nox_cleanroom.errors import Code, UsageError

#: The page of the documentation.
PAGE = "https://nox-cleanroom.readthedocs.io/en/latest/reference/codes.html"

#: Its text: in the wheel, and in a checkout.
_HERE = Path(__file__).parents[1] / "codes.md"
_TEXTS = (_HERE, _HERE.parents[2] / "docs" / "reference" / "codes.md")


def explanation(name: str) -> str:
    """The section of the page about a code, for people.

    Args:
        name: such as ``BUILD_FAILED``, in any case.

    Raises:
        UsageError: there is no such code.
    """
    wanted = name.upper().replace("-", "_")
    if wanted not in Code.__members__:
        near = difflib.get_close_matches(wanted, Code.__members__, n=1)
        guess = f" Did you mean {near[0]}?" if near else ""
        raise UsageError(f"There is no code {name!r}.{guess}", hint=f"All of them: {PAGE}")
    text = next(path.read_text(encoding="utf-8") for path in _TEXTS if path.exists())
    _, _, section = text.partition(f"\n## {wanted}\n")
    return f"{wanted}\n\n{section.partition(chr(10) + '## ')[0].strip()}\n\n{url(Code[wanted])}\n"


def url(code: Code) -> str:
    """The address of a code's section."""
    return f"{PAGE}#{code.name.lower().replace('_', '-')}"
