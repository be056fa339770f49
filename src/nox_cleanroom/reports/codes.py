"""What the documentation says of each code."""

from __future__ import annotations

import re
from pathlib import Path

from nox_cleanroom.errors import Code, UsageError, nearest

_PAGES = "https://nox-cleanroom.readthedocs.io/en/latest/"

#: The page of the documentation.
PAGE = f"{_PAGES}reference/codes.html"

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
        near = nearest(wanted, Code.__members__)
        guess = f" Did you mean {near}?" if near else ""
        raise UsageError(f"There is no code {name!r}.{guess}", hint=f"All of them: {PAGE}")
    text = next(path.read_text(encoding="utf-8") for path in _TEXTS if path.exists())
    _, _, section = text.partition(f"\n## {wanted}\n")
    # Links are for the page.
    words = re.sub(r"\[([^\]]*)\]\(([^)]*)\)", _link, section.partition("\n## ")[0].strip())
    return f"{wanted}\n\n{words}\n\n{url(Code[wanted])}\n"


def _link(found: re.Match[str]) -> str:
    if found[1]:
        return found[1]
    return found[2].replace("../", _PAGES).replace(".md", ".html")


def url(code: Code) -> str:
    """The address of a code's section."""
    return f"{PAGE}#{code.name.lower().replace('_', '-')}"
