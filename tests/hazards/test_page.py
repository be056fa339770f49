"""The documentation lists the hazards that there are."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_what_the_suite_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DOCS))
    monkeypatch.delitem(sys.modules, "list_hazards", raising=False)
    import list_hazards  # type: ignore[import-not-found] # noqa: PLC0415 - it lies in docs

    assert list_hazards.PAGE.read_text(encoding="utf-8") == list_hazards.page()
