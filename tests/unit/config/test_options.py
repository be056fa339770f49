from __future__ import annotations

from pathlib import Path

import pytest

from nox_cleanroom.config.options import STAGED, WORKING_TREE, Options, help_text, parse_options
from nox_cleanroom.errors import Code, UsageError

HOME = Path("/where/nox/was/invoked")


def parse(*words: str) -> Options:
    return parse_options(words, relative_to=HOME)


def test_nothing_given_is_the_default() -> None:
    assert parse() == Options()


def test_everything_given() -> None:
    words = "--rev v1 --require-clean --strict --rebuild --keep --extras a,b --pythons 3.11,3.12"
    more = "--emit github --timeout 2.5 --find-links dist --find-links https://example.org/x"
    assert parse(*words.split(), *more.split(), "--report-dir", "reports") == Options(
        rev="v1",
        require_clean=True,
        strict=True,
        rebuild=True,
        keep=True,
        extras=("a", "b"),
        find_links=(str(HOME / "dist"), "https://example.org/x"),
        pythons=("3.11", "3.12"),
        emit="github",
        report_dir=HOME / "reports",
        timeout_seconds=2.5,
    )


def test_one_subject_can_be_named() -> None:
    assert parse("--staged").rev == STAGED
    assert parse("--working-tree").rev == WORKING_TREE
    for words in ("--staged --working-tree", "--staged --rev HEAD", "--rev x --working-tree"):
        with pytest.raises(UsageError, match="Only one of --rev, --staged and --working-tree"):
            parse(*words.split())


def test_an_absolute_path_stays() -> None:
    assert parse("--report-dir", "/tmp/reports").report_dir == Path("/tmp/reports")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--nonsense"], "Unrecognized arguments: --nonsense"),
        (["--timeout", "soon"], "--timeout"),
        (["--timeout", "-1"], "positive"),
        (["--emit", "jenkins"], "jenkins"),
        (["--pythons", ","], "at least one"),
        (["--stri"], "Unrecognized arguments: --stri"),
    ],
)
def test_a_wrong_option_is_one_sentence_with_a_next_step(words: list[str], reason: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse(*words)
    assert reason in raised.value.message
    assert "--help" in raised.value.hint
    assert raised.value.code is Code.OPTION_INVALID


def test_help_names_every_option() -> None:
    text = help_text()
    for name in Options.__dataclass_fields__:
        assert f"--{name.removesuffix('_seconds').replace('_', '-')}" in text
