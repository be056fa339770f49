"""The matrix as jobs for CI."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path


def github_matrix(pythons: Sequence[str], *, session: str = "smoke") -> str:
    """The value of ``strategy.matrix`` for GitHub Actions, on one line.

    Args:
        pythons: the interpreters, such as ``["3.11"]``.
        session: the name of the session that each job runs.

    >>> github_matrix(["3.11"])
    '{"include": [{"session": "smoke-3.11", "python": "3.11"}]}'
    """
    include = [{"session": f"{session}-{python}", "python": python} for python in pythons]
    return json.dumps({"include": include})


def append_output(matrix: str, path: Path) -> None:
    """Give the matrix to the following jobs, as the step's output ``matrix``.

    (https://docs.github.com/actions/reference/workflow-commands-for-github-actions)
    """
    with path.open("a", encoding="utf-8") as file:
        file.write(f"matrix={matrix}\n")
