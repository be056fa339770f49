"""The record of a run on disk: what was tested, with which commands, and how it ended."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any

from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.errors import CleanroomError, Code, unforeseen
from nox_cleanroom.places.files import write_whole
from nox_cleanroom.redaction import redact
from nox_cleanroom.results import Cell, Run

#: The format's version: raised when a field changes its meaning or goes.
FORMAT = 1


def require_ignored(checkout: Checkout, directory: Path) -> None:
    """Make sure that evidence written to a directory does not dirty the checkout.

    Raises:
        CleanroomError: `EVIDENCE_ROOT_NOT_IGNORED`.
    """
    place = Path(os.path.realpath(directory))
    if not place.is_relative_to(os.path.realpath(checkout.root)):
        return
    relative = place.relative_to(os.path.realpath(checkout.root)).as_posix()
    probe = os.fsencode(f"{relative}/evidence.json" if relative != "." else "evidence.json")
    if not checkout.ignored([probe]):
        raise CleanroomError(
            f"The evidence would be new, unignored files in the checkout: {relative}.",
            hint=f"Add `/{relative}/` to .gitignore, or give --report-dir a place outside.",
            code=Code.EVIDENCE_ROOT_NOT_IGNORED,
        )


def write_evidence(run: Run, directory: Path, version: str, *, mode: int = 0o600) -> list[Path]:
    """Write one file a cell, and for a matrix one for the whole.

    Args:
        run: what happened.
        directory: where the files go; made when it is not there.
        version: the version of this tool.
        mode: who may read the files; for the user alone, so is the directory if it is made.

    Returns:
        The files, the whole of a matrix first.

    Raises:
        CleanroomError: they cannot be written.
    """
    documents = {_file_name(cell): _document(_only(run, cell), version) for cell in run.cells}
    if run.session == "matrix":
        documents = {f"matrix{run.suffix}.json": _document(run, version), **documents}
    written = []
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        directory.mkdir(mode=mode | 0o111 if mode & 0o077 else 0o700, exist_ok=True)
        for name, document in documents.items():
            written.append(directory / name)
            write_json(document, directory / name, mode=mode)
    except OSError as error:
        raise CleanroomError(
            f"The evidence cannot be written to {str(directory)!r}: {error.strerror}.",
            hint="`-- --report-dir DIR` takes another place.",
            code=Code.NO_SPACE if unforeseen(error).code is Code.NO_SPACE else Code.NOT_WRITABLE,
        ) from None
    return written


def _file_name(cell: Cell) -> str:
    """Where a cell's record goes: ``smoke-3.11.json``, ``smoke-3.11-sdist.json``."""
    return re.sub(r"[^\w.,]+", "-", cell.name).strip("-") + ".json"


def _only(run: Run, cell: Cell) -> Run:
    return dataclasses.replace(run, cells=(cell,), missing=())


def _document(run: Run, version: str) -> dict[str, Any]:
    return {
        "tool": {"name": "nox-cleanroom", "version": version},
        "format": FORMAT,
        "verdict": run.outcome.name,
        "codes": sorted(code.name for code in run.codes),
        **_plain(run),
    }


def _plain(value: Any) -> Any:
    """The value in JSON's terms, secrets struck out; records say their outcome too."""
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value):
        fields = {
            field.name.rstrip("_"): _plain(getattr(value, field.name))
            for field in dataclasses.fields(value)
        }
        if isinstance(value, Cell):
            fields["outcome"] = value.outcome.name
        return fields
    return value


def write_json(document: Any, path: Path, *, mode: int = 0o600) -> None:
    """Write a document whole; see `write_whole`."""
    text = json.dumps(document, indent=2, ensure_ascii=True) + "\n"
    write_whole(path, text.encode("ascii"), mode=mode)
