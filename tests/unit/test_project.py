from __future__ import annotations

import pytest

from nox_cleanroom.build.project import is_project_table
from nox_cleanroom.config.pyproject import parse_toml


@pytest.mark.parametrize(
    ("text", "is_project"),
    [
        ("[project]\nname = 'one'", True),
        ("[build-system]\nrequires = []", True),
        ("[tool.uv]\npackage = true\n[project]\nname = 'one'", True),
        ("[tool.pdm]\ndistribution = true\n[project]\nname = 'one'", True),
        ("[tool.rye]\nvirtual = false\n[project]\nname = 'one'", True),
        ("tool = 1\n[project]\nname = 'one'", True),
        ("[tool.ruff]\nline-length = 88", False),
        ("[tool.uv]\npackage = false\n[project]\nname = 'one'", False),
        ("[tool.poetry]\npackage-mode = false\n[build-system]\nrequires = []", False),
        ("[tool.pdm]\ndistribution = false\n[project]\nname = 'one'", False),
        ("[tool.rye]\nvirtual = true\n[project]\nname = 'one'", False),
    ],
)
def test_what_describes_a_package(text: str, is_project: bool) -> None:
    assert is_project_table(parse_toml(text, "pyproject.toml")) is is_project
