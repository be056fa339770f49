"""Checks see values only, so there is nothing to seal but what was learnt to be secret."""

from __future__ import annotations

import pytest

from nox_cleanroom import redaction


@pytest.fixture(autouse=True)
def _sealed() -> None:
    redaction.forget()
