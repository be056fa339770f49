"""The JSON schema of ``[tool.nox-cleanroom]``, from the table that also reads it."""

from __future__ import annotations

from typing import Any

from nox_cleanroom.config.settings import KEYS, NEEDS
from nox_cleanroom.config.tables import schema_of

#: The page of the documentation, which is the address of the schema, too.
_PAGE = "https://nox-cleanroom.readthedocs.io/en/latest/reference/configuration.html"


def schema(tool_name: str = "nox-cleanroom") -> dict[str, Any]:
    """The JSON schema of the table, which ``validate-pyproject`` finds by an entry point.

    (https://validate-pyproject.readthedocs.io/en/latest/dev-guide.html)

    Args:
        tool_name: the name of the table, in ``[tool]``.
    """
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": _PAGE,
        "title": f"The table [tool.{tool_name}]",
        "description": f"See {_PAGE}",
        **schema_of(KEYS),
        "dependencies": {key: [other] for key, other in NEEDS.items()},
    }
