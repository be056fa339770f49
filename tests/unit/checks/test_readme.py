"""Descriptions that the index would refuse."""

from __future__ import annotations

import pytest
from values import Says, look, wheel

from nox_cleanroom.findings import Finding
from nox_cleanroom.probes.description import Description, render_description

NAME = "readme"
SAYS = Says(NAME)
FINE = SAYS.passed("description")

CASES: dict[str, tuple[Description, Finding]] = {
    "it renders": (Description(is_rendered=True, has_renderer=True), FINE),
    "it is of a type that is shown in any case": (
        Description(is_rendered=False, has_renderer=True),
        FINE,
    ),
    "neither is there anything to render, nor a renderer": (
        Description(is_rendered=False, has_renderer=False),
        FINE,
    ),
    "nothing here can render it": (
        Description(is_rendered=True, has_renderer=False),
        SAYS.skipped("description", "This is checked when nox-cleanroom[readme] is installed."),
    ),
    "it looks like Markdown without a type": (
        Description(is_rendered=False, has_renderer=True, is_untyped_markdown=True),
        SAYS.warned(
            "description",
            "It looks like Markdown and has no Description-Content-Type, so the index shows it as"
            " plain text.",
            hint="State the type: `text/markdown`.",
        ),
    ),
    "it does not render": (
        Description(is_rendered=True, has_renderer=True, complaints="<string>:3: (ERROR) Unknown"),
        SAYS.failed(
            "description",
            "The index would refuse it: it does not render.",
            hint="Fix the README at these lines, or use another type.",
            output="<string>:3: (ERROR) Unknown",
        ),
    ),
}


@pytest.mark.parametrize(("description", "finding"), CASES.values(), ids=CASES)
def test_readme(description: Description, finding: Finding) -> None:
    assert look(NAME, {"description": description}) == [finding]


@pytest.mark.parametrize(
    ("text", "is_markdown"),
    [
        ("# Demo", True),
        ("See [here](https://example.org).", True),
        ("```python\nimport demo\n```", True),
        ("| a |\n|---|\n| 1 |", True),
        ("Demo\n====\n\n.. code:: python\n\n   # a comment\n", False),
        ("plain text with a # in it", False),
    ],
)
def test_markdown_is_recognised(text: str, is_markdown: bool) -> None:
    assert render_description(wheel(metadata=f"\n{text}")).is_untyped_markdown is is_markdown
