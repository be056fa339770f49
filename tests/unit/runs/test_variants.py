"""The ways to test on an interpreter, and what they are called."""

from __future__ import annotations

import gc

import pytest

from nox_cleanroom import loading
from nox_cleanroom.config.axes import Variant, name_of, variants

LOWEST, SDIST, EXTRA = (
    Variant(resolution="lowest-direct"),
    Variant(artifact="sdist"),
    Variant(extras=("a", "b")),
)


def test_each_further_value_is_tested_by_itself() -> None:
    assert variants(["wheel"], ["highest"], [()]) == (Variant(),)
    assert variants(["wheel", "sdist"], ["highest", "lowest-direct"], [(), ("a", "b")]) == (
        Variant(),
        SDIST,
        LOWEST,
        EXTRA,
    )
    assert variants(["sdist"], ["highest", "lowest-direct"], ["all"]) == (
        Variant(artifact="sdist", extras="all"),
        Variant(artifact="sdist", resolution="lowest-direct", extras="all"),
    )


@pytest.mark.parametrize(
    ("variant", "name"),
    [
        (Variant(), ""),
        (LOWEST, "lowest"),
        (SDIST, "sdist"),
        (EXTRA, "[a,b]"),
        (Variant(artifact="sdist", extras="all"), "sdist [all]"),
    ],
)
def test_names(variant: Variant, name: str) -> None:
    assert name_of(variant) == name


def test_modules_are_loaded_and_garbage_is_looked_for_as_before() -> None:
    assert gc.isenabled()
    assert loading.load("config.axes").Variant is Variant
    assert gc.isenabled()
    gc.unfreeze()
    gc.disable()
    try:
        loading.load("config.axes")
        assert not gc.isenabled()
    finally:
        gc.enable()
        gc.unfreeze()
