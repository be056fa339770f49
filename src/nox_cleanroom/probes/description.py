"""How the package index renders the description of a wheel.

Like the index, we use the library `readme_renderer`, which comes with the extra ``readme``.
(https://packaging.python.org/guides/making-a-pypi-friendly-readme/)
"""

from __future__ import annotations

import importlib.util
import io
import re

from nox_cleanroom.output import last_lines
from nox_cleanroom.records import dataclass
from nox_cleanroom.wheels import Wheel


@dataclass(frozen=True, kw_only=True)
class Description:
    """The result of the index's renderer for a description."""

    #: Whether the index rejects descriptions of this type that do not render.
    is_rendered: bool
    #: Whether the renderer is installed beside this tool.
    has_renderer: bool
    #: The renderer's complaints; empty when the description renders.
    complaints: str = ""
    #: Whether it looks like Markdown, and states no type.
    is_untyped_markdown: bool = False


def render_description(wheel: Wheel) -> Description:
    """Render the description of a wheel as the index does."""
    text = wheel.metadata.get("description", "")
    # Without a type, the index assumes reStructuredText, and falls back to plain text.
    kind = wheel.metadata.get("description_content_type", "").partition(";")[0].strip().lower()
    is_rendered = bool(text) and kind == "text/x-rst"
    has_renderer = importlib.util.find_spec("readme_renderer") is not None
    complaints = _complaints(text) if is_rendered and has_renderer else ""
    return Description(
        is_rendered=is_rendered,
        has_renderer=has_renderer,
        complaints=complaints,
        is_untyped_markdown=not kind and _MARKDOWN.search(text) is not None,
    )


#: A fence, a link, a heading or a table, as only Markdown has them.
_MARKDOWN = re.compile(r"^```|\]\(https?://|^#{1,3} \S|^\|[- :|]+\|$", re.MULTILINE)


def _complaints(text: str) -> str:
    from readme_renderer import rst  # noqa: PLC0415 - an extra

    words = io.StringIO()
    if rst.render(text, stream=words) is None:
        return last_lines(words.getvalue()) or "it renders to nothing"
    return ""
