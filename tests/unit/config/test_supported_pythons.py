from __future__ import annotations

from pathlib import Path

import pytest
from conftest import write_files

from nox_cleanroom.config.pythons import (
    CPYTHONS,
    SUPPORTED,
    poetry_specifier,
    pythons_that_may_fail,
    supported_pythons,
)

NEWEST = CPYTHONS[-1]


def since(first: str) -> list[str]:
    return list(CPYTHONS[CPYTHONS.index(first) :])


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"pyproject.toml": "[project]\nrequires-python = '>=3.11,<3.13'"}, ["3.11", "3.12"]),
        ({"pyproject.toml": "[project]\nrequires-python = '>=3.12'"}, since("3.12")),
        ({"pyproject.toml": "[project]\nrequires-python = '>=3.10.7'"}, since("3.10")),
        (
            {"pyproject.toml": "[project]\nrequires-python = '!=3.11.*,>=3.10,<3.13'"},
            ["3.10", "3.12"],
        ),
        ({"pyproject.toml": "[tool.poetry.dependencies]\npython = '^3.13'"}, since("3.13")),
        ({"pyproject.toml": "[tool.poetry.dependencies]\npython = '~3.12'"}, ["3.12"]),
        ({"pyproject.toml": "[tool.flit.metadata]\nrequires-python = '>=3.14'"}, since("3.14")),
        ({"setup.cfg": "[options]\npython_requires = >=3.13\n"}, since("3.13")),
        (
            {"setup.py": "from setuptools import setup\nsetup(python_requires='>=3.14')"},
            since("3.14"),
        ),
        ({"setup.py": "setup(python_requires=REQUIRED)"}, list(SUPPORTED)),
        (
            {
                "pyproject.toml": "[build-system]\nrequires = []",
                "setup.cfg": "[options]\npython_requires = ==3.12.*",
            },
            ["3.12"],
        ),
        ({}, list(SUPPORTED)),
    ],
)
def test_where_the_statement_is_found(
    tmp_path: Path, files: dict[str, str], expected: list[str]
) -> None:
    write_files(tmp_path, files)
    assert supported_pythons(tmp_path) == expected


def test_the_configuration_overrides(tmp_path: Path) -> None:
    text = "[project]\nrequires-python = '>=3.13'\n[tool.nox-cleanroom]\npythons = ['3.10']\n"
    write_files(tmp_path, {"pyproject.toml": text})
    assert supported_pythons(tmp_path) == ["3.10"]


def test_classifiers_exclude_nothing(tmp_path: Path) -> None:
    text = "[project]\nrequires-python = '>=3.12'\nclassifiers = ['Programming Language :: Python :: 3.12']\n"
    write_files(tmp_path, {"pyproject.toml": text})
    assert NEWEST in supported_pythons(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "not = = toml",
        "[tool.nox_cleanroom]\npythons = ['3.10']",
        "[project]\nrequires-python = 'whenever'",
        "[project]\nrequires-python = 3",
        "[tool.poetry.dependencies]\npython = 'some'",
        "[tool.poetry.dependencies]\npython = '^abc'",
        "[tool.poetry.dependencies]\npython = '^'",
        "x = " + "[" * 10_000,
        "[tool.nox-cleanroom]\npythons = 'all'",
        "[tool]\nnox-cleanroom = 3",
        "[project]\nrequires-python = '<3'",
        "\ufffd\x00",
    ],
)
def test_it_never_raises_and_never_returns_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    assert supported_pythons(tmp_path) == list(SUPPORTED)


def test_it_survives_a_directory_that_is_not_there(tmp_path: Path) -> None:
    assert supported_pythons(tmp_path / "nowhere") == list(SUPPORTED)


@pytest.mark.parametrize(
    ("text", "specifier"),
    [
        ("^3.9", ">=3.9,<4"),
        ("~3.10", ">=3.10,<3.11"),
        (">=3.8,<4.0", ">=3.8,<4.0"),
        ("*", ">=3"),
        ("^3.9 || ^4", ">=3.9,<4"),
        ("3.11", "==3.11"),
        (">= 3.10, <4", ">=3.10,<4"),
    ],
)
def test_poetry_notation(text: str, specifier: str) -> None:
    assert set(str(poetry_specifier(text)).split(",")) == set(specifier.split(","))


def test_one_that_may_fail_has_a_session_like_the_others(tmp_path: Path) -> None:
    text = "[tool.nox-cleanroom]\npythons = ['3.13', '3.13t', 'pypy3.11?', '3.15?', '3.15']\n"
    (tmp_path / "pyproject.toml").write_text(text)
    assert supported_pythons(tmp_path) == ["3.13", "3.13t", "pypy3.11", "3.15"]
    assert pythons_that_may_fail(tmp_path) == ("pypy3.11", "3.15")
    assert pythons_that_may_fail(tmp_path / "nowhere") == ()
