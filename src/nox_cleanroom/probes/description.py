"""How the package index renders the description of a wheel.

The index renders with the library `readme_renderer`, and so do we; it comes with the extra
``readme``. (https://packaging.python.org/guides/making-a-pypi-friendly-readme/)
"""

from __future__ import annotations

import importlib.util
import io
from dataclasses import dataclass

from nox_cleanroom.output import last_lines
from nox_cleanroom.wheel import Wheel


@dataclass(frozen=True, kw_only=True)
class Description:
    """What the renderer of the index says about a description."""

    #: Whether the index refuses descriptions of its type that do not render.
    is_rendered: bool
    #: Whether the renderer is installed here.
    has_renderer: bool
    #: What it complains of; empty when it renders.
    complaints: str = ""


def render_description(wheel: Wheel) -> Description:
    """Render the description of a wheel as the index does."""
    text = wheel.metadata.get("description", "")
    # Without a type the index takes it for reStructuredText, and shows it plain at worst.
    kind = wheel.metadata.get("description_content_type", "").partition(";")[0].strip().lower()
    is_rendered = bool(text) and kind == "text/x-rst"
    has_renderer = importlib.util.find_spec("readme_renderer") is not None
    complaints = _complaints(text) if is_rendered and has_renderer else ""
    return Description(is_rendered=is_rendered, has_renderer=has_renderer, complaints=complaints)


def _complaints(text: str) -> str:
    from readme_renderer import rst  # noqa: PLC0415 - an extra

    words = io.StringIO()
    if rst.render(text, stream=words) is None:
        return last_lines(words.getvalue()) or "it renders to nothing"
    return ""
