"""Modules that are loaded while a process works."""

from __future__ import annotations

import threading

import pytest

from nox_cleanroom import loading


def test_a_module_is_loaded_when_a_process_has_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    monkeypatch.setattr(loading, "load", loaded.append)
    monkeypatch.setattr(loading, "_PATIENCE_SECONDS", 30)
    begun = threading.Event()
    # What began earlier does not count.
    begun.set()
    thread = loading.load_aside("checks.registry", begun)
    assert loaded == []
    begun.set()
    thread.join()
    assert loaded == ["checks.registry"]
