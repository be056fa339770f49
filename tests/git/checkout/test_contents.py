"""Whether the bytes of a file are what they were, whatever git makes of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from conftest import commit_all, configure, copy_checkout, git, seal

from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.watch import Watch

SMUDGE = "sed s/^/smudged-/"


@dataclass(frozen=True)
class Converted:
    """A tracked file that git finds clean, and other bytes that it finds clean as well."""

    #: What is in the file when the run starts.
    content: bytes
    #: What a step writes.
    others: list[bytes]
    attributes: str = ""
    config: dict[str, str] = field(default_factory=dict)


CONVERTED: dict[str, Converted] = {
    "line ends by eol": Converted(b"a\r\nb\r\n", [b"a\nb\n", b"a\r\nb\n"], "*.txt text eol=crlf"),
    "line ends by eol, without text": Converted(b"a\r\nb\r\n", [b"a\nb\n"], "*.txt eol=crlf"),
    "line ends by an old attribute": Converted(b"a\nb\n", [b"a\r\nb\r\n"], "*.txt crlf"),
    "line ends of text": Converted(b"a\nb\n", [b"a\r\nb\r\n"], "* text"),
    "line ends of what is text by its looks": Converted(b"a\nb\n", [b"a\r\nb\n"], "* text=auto"),
    "line ends that differ from the blob's": Converted(
        b"a\r\nb\n", [b"a\nb\r\n", b"a\nb\n"], "* text=auto"
    ),
    "core.autocrlf is input": Converted(b"a\r\nb\n", [b"a\nb\r\n"], config={"core.autocrlf": "input"}),
    "core.autocrlf is true": Converted(b"a\r\nb\r\n", [b"a\nb\n"], config={"core.autocrlf": "true"}),
    "core.autocrlf is yes": Converted(b"a\r\nb\r\n", [b"a\nb\n"], config={"core.autocrlf": "yes"}),
    "ident": Converted(b"$Id$\n", [b"$Id: else $\n"], "*.txt ident"),
    "ident that is written out": Converted(
        b"$Id: 0123 $\n", [b"$Id: 4567 $\n", b"$Id$\n"], "*.txt ident"
    ),
    "ident of a binary": Converted(b"$Id: 0123 $\n", [b"$Id: 4567 $\n"], "*.txt binary ident"),
    "a filter": Converted(
        b"content", [b"CONTENT", b"other"], "*.txt filter=large", {"filter.large.clean": "echo pointer"}
    ),
    "a filter of a binary": Converted(
        b"content", [b"CONTENT"], "*.txt -text filter=large", {"filter.large.clean": "echo pointer"}
    ),
    "a filter that keeps the size": Converted(
        b"abc", [b"ABC"], "*.txt filter=low", {"filter.low.clean": "tr A-Z a-z"}
    ),
    "a filter that is required": Converted(
        b"content", [b"CONTENT"], "*.txt filter=large",
        {"filter.large.clean": "echo pointer", "filter.large.required": "true"},
    ),
    "an encoding": Converted(
        "x".encode("utf-16-le"), [b"y\0"], "*.txt working-tree-encoding=utf-16le"
    ),
    "nothing": Converted(b"a\nb\n", [b"a\r\nb\r\n", b"a\nc\n"]),
    "nothing, as it is binary": Converted(b"a\r\nb\n", [b"a\nb\n"], "*.txt binary"),
}  # fmt: skip


@pytest.fixture(scope="module", params=CONVERTED.values(), ids=list(CONVERTED))
def case(request: pytest.FixtureRequest) -> Converted:
    found: Converted = request.param
    return found


@pytest.fixture(scope="module")
def original(
    tmp_path_factory: pytest.TempPathFactory, demo_repository: Path, case: Converted
) -> Path:
    """A checkout with two such files, to be copied."""
    with pytest.MonkeyPatch.context() as patched:
        seal(patched, tmp_path_factory)
        place = tmp_path_factory.mktemp("converted") / "checkout"
        return arrange(copy_checkout(demo_repository, place), case)


@pytest.fixture
def converted(original: Path, tmp_path: Path) -> Path:
    return copy_checkout(original, tmp_path / "checkout")


def arrange(root: Path, case: Converted) -> Path:
    configure(root, case.config)
    if case.attributes:
        (root / ".gitattributes").write_text(f"{case.attributes}\n")
    (root / "sub").mkdir()
    for place in places(root):
        place.write_bytes(case.content)
    commit_all(root)
    assert git(root, "status", "--porcelain") == ""
    return root


def places(root: Path) -> list[Path]:
    return [root / "a.txt", root / "sub" / "a.txt"]


def seen(root: Path, act: Callable[[Path], object]) -> Iterator[list[str]]:
    """What is seen at once, and what is seen of the same act when it comes again."""
    watch = Watch(Checkout.find(root), exempt=[], allowed=[])
    for step in ("first", "second"):
        with watch.during(step):
            act(root)
        yield [str(one.change) for one in watch.changes]


def test_other_bytes_are_a_change(converted: Path, case: Converted) -> None:
    root = converted
    for other in case.others:

        def act(root: Path, other: bytes = other) -> None:
            for place in places(root):
                place.write_bytes(other)

        found = ["a.txt (modified)", "sub/a.txt (modified)"]
        assert list(seen(root, act)) == [found, found]
        for place in places(root):
            place.write_bytes(case.content)
        git(root, "add", "--all")


def test_the_same_bytes_are_no_change(converted: Path, case: Converted) -> None:
    root = converted

    def act(root: Path) -> None:
        for place in places(root):
            place.unlink()
            place.write_bytes(case.content)
            os.utime(place)

    assert list(seen(root, act)) == [[], []]


@pytest.mark.parametrize("where", ["the repository", "the user", "a setting"])
def test_attributes_outside_of_the_commit_count_as_well(
    repository: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    root = repository()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    place = {
        "the repository": root / ".git" / "info" / "attributes",
        "the user": tmp_path / "config" / "git" / "attributes",
        "a setting": tmp_path / "In Capitals" / "Attributes",
    }[where]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("*.txt text\n")
    if where == "a setting":
        configure(root, {"core.attributesFile": str(place)})
    (root / "a.txt").write_bytes(b"a\r\nb\n")
    commit_all(root)
    act = (root / "a.txt").write_bytes
    assert next(seen(root, lambda root: act(b"a\r\nb\n"))) == []
    assert next(seen(root, lambda root: act(b"a\nb\r\n"))) == ["a.txt (modified)"]


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_ids_of_both_kinds_are_understood(tmp_path: Path, algorithm: str) -> None:
    git(tmp_path, "init", "-q", f"--object-format={algorithm}")
    (tmp_path / "a.txt").write_text("one\n")
    (tmp_path / "link").symlink_to("a.txt")
    commit_all(tmp_path)

    def again(root: Path) -> None:
        for name in ("a.txt", "link"):
            (root / name).unlink()
        (root / "a.txt").write_text("one\n")
        (root / "link").symlink_to("a.txt")

    assert list(seen(tmp_path, again)) == [[], []]
    assert next(seen(tmp_path, lambda root: (root / "a.txt").write_text("two\n"))) == [
        "a.txt (modified)"
    ]


@pytest.fixture
def _coarse_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that counts in two seconds, as FAT does."""
    lstat = os.lstat

    def truncated(path: bytes) -> os.stat_result:
        found = lstat(path)
        times = {
            name: int(getattr(found, name)) // 2_000_000_000 * 2_000_000_000
            for name in ("st_atime_ns", "st_mtime_ns", "st_ctime_ns")
        }
        return os.stat_result(
            (*found[:7], *(one // 1_000_000_000 for one in times.values())), times
        )

    monkeypatch.setattr(os, "lstat", truncated)


@pytest.mark.usefixtures("_coarse_clock")
@pytest.mark.parametrize("name", ["tracked.txt", "untracked.txt", ".git/info/exclude"])
def test_a_change_within_a_tick_is_seen(repository: Callable[..., Path], name: str) -> None:
    root = repository({"tracked.txt": "one", ".gitignore": "/untracked.txt\n"})
    (root / "untracked.txt").write_text("one")
    (root / ".git/info/exclude").write_text("one")
    watch = Watch(Checkout.find(root), exempt=[], allowed=[])
    for text in ("two", "six"):
        with watch.during(text):
            # In place: another file would have another number.
            with (root / name).open("r+") as file:
                file.write(text)
        with watch.during(f"nothing after {text}"):
            pass
    assert [str(one) for one in watch.changes] == [
        f"{name} (modified), while `two` was running",
        f"{name} (modified), while `six` was running",
    ]


@pytest.mark.usefixtures("_coarse_clock")
def test_what_is_young_and_was_not_read_is_no_change_for_that(
    repository: Callable[..., Path],
) -> None:
    root = repository()
    with (root / "large").open("wb") as file:
        file.truncate(5 * 1024 * 1024)
    assert list(seen(root, lambda root: None)) == [[], []]
