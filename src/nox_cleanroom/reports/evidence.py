"""The record of a run on disk: what it tested, with which commands, and with which results."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import os
import re
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.errors import CleanroomError, Code, unforeseen
from nox_cleanroom.findings import Problem
from nox_cleanroom.places.files import write_whole
from nox_cleanroom.redaction import redact
from nox_cleanroom.reports.encoding import encode
from nox_cleanroom.results import Cell, Run
from nox_cleanroom.verdicts import RangeVerdict

#: The format's version: raised when a field changes its meaning or is removed.
FORMAT = 1

#: What is written to the directories that options name.
_WRITTEN = {"--report-dir": "evidence", "--dist-dir": "distributions"}

#: Longer values are compressed.
_PLAIN_CHARACTERS = 2_000
#: A level of zlib that takes less than half of the time of the usual one, for 5 % more bytes.
_LEVEL = 4


def require_usable(
    checkout: Checkout,
    directory: Path,
    name: str = "evidence.json",
    *,
    option: str = "--report-dir",
) -> None:
    """Make sure that a file can be written to a directory, and does not dirty the checkout.

    Args:
        checkout: the checkout.
        directory: the directory.
        name: the name of the file.
        option: the option that names the directory, for messages.

    Raises:
        CleanroomError: `NOT_WRITABLE`, `EVIDENCE_ROOT_NOT_IGNORED`.
    """
    existing = next(one for one in (directory, *directory.parents) if one.exists())
    if not existing.is_dir():
        raise _unwritable(directory, f"{str(existing)!r} is a file", option=option)
    if not os.access(existing, os.W_OK):
        raise _unwritable(directory, f"{str(existing)!r} is not writable", option=option)
    place = Path(os.path.realpath(directory))
    if not place.is_relative_to(os.path.realpath(checkout.root)):
        return
    relative = place.relative_to(os.path.realpath(checkout.root)).as_posix()
    probe = os.fsencode(f"{relative}/{name}" if relative != "." else name)
    if not checkout.ignored([probe]):
        raise CleanroomError(
            f"The {_WRITTEN[option]} in {relative!r} would be new, unignored files of the"
            " checkout.",
            hint=f"Give {option} a directory of its own, which git ignores."
            if relative == "."
            else f"Add `/{relative}/` to .gitignore, or give {option} a place outside.",
            code=Code.EVIDENCE_ROOT_NOT_IGNORED,
        )


def write_evidence(run: Run, directory: Path, version: str, *, mode: int = 0o600) -> list[Path]:
    """Write one file per cell, and for a matrix one for the whole run.

    Args:
        run: the record of the run.
        directory: the directory for the files; made when it is missing.
        version: the version of this tool.
        mode: the mode of the files; if it is private to the user, so is a new directory.

    Returns:
        The files; the one for a whole matrix comes first.

    Raises:
        CleanroomError: the files cannot be written.
    """
    whole = _document(run, version)
    documents = {
        _file_name(cell): _part(whole, run, number) for number, cell in enumerate(run.cells)
    }
    if run.session == "matrix":
        documents = {f"matrix{run.suffix}.json": whole, **documents}
    written = []
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        directory.mkdir(mode=mode | 0o111 if mode & 0o077 else 0o700, exist_ok=True)
        for name, document in documents.items():
            written.append(directory / name)
            write_json(document, directory / name, mode=mode)
    except OSError as error:
        is_full = unforeseen(error).code is Code.NO_SPACE
        code = Code.NO_SPACE if is_full else Code.NOT_WRITABLE
        raise _unwritable(directory, str(error.strerror), code) from None
    return written


def write_range(found: RangeVerdict, directory: Path, version: str, *, mode: int) -> Path:
    """Write the verdicts on the commits of a range to one file; see `write_evidence`."""
    path = directory / f"{found.session}-commits.json"
    document = {
        "tool": {"name": "nox-cleanroom", "version": version},
        "format": FORMAT,
        "verdict": found.outcome.name,
        "codes": sorted(code.name for code in found.codes),
        **encode(found, redact),
    }
    try:
        directory.mkdir(parents=True, mode=0o700, exist_ok=True)
        write_json(document, path, mode=mode)
    except OSError as error:
        raise _unwritable(directory, str(error.strerror)) from None
    return path


def _unwritable(
    directory: Path, why: str, code: Code = Code.NOT_WRITABLE, *, option: str = "--report-dir"
) -> CleanroomError:
    return CleanroomError(
        f"The {_WRITTEN[option]} cannot be written to {str(directory)!r}: {why}.",
        hint=f"`{option} DIR` takes another place.",
        code=code,
    )


def _file_name(cell: Cell) -> str:
    """The file name of a cell's record: ``smoke-3.11.json``, ``smoke-3.11-sdist.json``."""
    return re.sub(r"[^\w.,]+", "-", cell.name).strip("-") + ".json"


def _document(run: Run, version: str) -> dict[str, Any]:
    without_values = tuple(dataclasses.replace(cell, values={}) for cell in run.cells)
    # Most texts are names, which come again and again.
    redacted = cache(redact)
    record = encode(dataclasses.replace(run, cells=without_values), redacted)
    stored = _Values(redacted)
    for cell, encoded in zip(run.cells, record["cells"], strict=True):
        encoded["outcome"] = cell.outcome.name
        encoded["values"] = {name: stored.digest(value) for name, value in cell.values.items()}
    return {
        "tool": {"name": "nox-cleanroom", "version": version},
        "format": FORMAT,
        **_verdict(run),
        **record,
        "values": stored.by_digest,
    }


def _verdict(run: Run) -> dict[str, Any]:
    return {"verdict": run.outcome.name, "codes": sorted(code.name for code in run.codes)}


def _part(whole: Mapping[str, Any], run: Run, number: int) -> dict[str, Any]:
    """The document of one cell, from that of the whole run."""
    cell = whole["cells"][number]
    return {
        **whole,
        **_verdict(dataclasses.replace(run, cells=(run.cells[number],), missing=())),
        "cells": [cell],
        "missing": [],
        "values": {digest: whole["values"][digest] for digest in cell["values"].values()},
    }


class _Values:
    """Values that are stored once, under their digests; large ones are compressed.

    Args:
        redacted: a text without secrets.
    """

    def __init__(self, redacted: Callable[[str], str]) -> None:
        self._redacted = redacted
        self.by_digest: dict[str, Any] = {}
        #: Cells share values: the digest of each, and the value, which must stay.
        self._known: dict[int, tuple[str, object]] = {}

    def digest(self, value: object) -> str:
        """Store a value, if it is not there yet, and return its digest."""
        if id(value) not in self._known:
            self._known[id(value)] = self._store(value), value
        return self._known[id(value)][0]

    def _store(self, value: object) -> str:
        kind = "problem" if isinstance(value, Problem) else "value"
        kept = {kind: encode(value, self._redacted)}
        text = json.dumps(kept, ensure_ascii=True, separators=(",", ":"), sort_keys=True)
        digest = hashlib.sha256(text.encode("ascii")).hexdigest()
        if digest not in self.by_digest and len(text) > _PLAIN_CHARACTERS:
            packed = base64.b64encode(zlib.compress(text.encode("ascii"), _LEVEL)).decode("ascii")
            kept = {"zlib": packed}
        self.by_digest.setdefault(digest, kept)
        return digest


def write_report(text: str, path: Path) -> None:
    """Write a report, which everybody may read, to a file.

    Raises:
        CleanroomError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text.encode("utf-8", "backslashreplace"), mode=0o666)
    except OSError as error:
        raise CleanroomError(
            f"{str(path)!r} cannot be written: {error.strerror}.",
            hint="`--write` takes a format and a file in a directory of yours.",
            code=Code.NOT_WRITABLE,
        ) from None


def json_of(run: Run, version: str) -> str:
    """The evidence of a whole run, as text."""
    return json.dumps(_document(run, version), indent=2, ensure_ascii=True) + "\n"


def write_json(document: Any, path: Path, *, mode: int = 0o600) -> None:
    """Write a whole document at once; see `write_whole`."""
    text = json.dumps(document, indent=2, ensure_ascii=True) + "\n"
    write_whole(path, text.encode("ascii"), mode=mode)
