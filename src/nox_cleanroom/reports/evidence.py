"""The record of a run on disk: what it tested, with which commands, and with which results."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import hashlib
import json
import os
import re
import zlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.errors import CleanroomError, Code, UsageError, unforeseen
from nox_cleanroom.findings import Problem
from nox_cleanroom.output import clean_text
from nox_cleanroom.places.files import write_whole
from nox_cleanroom.redaction import redact
from nox_cleanroom.reports.encoding import decode, encode
from nox_cleanroom.results import Cell, Run
from nox_cleanroom.verdicts import RangeVerdict

#: The format's version: raised when a field changes its meaning or is removed.
FORMAT = 1

#: What is written to the directories that options name.
_WRITTEN = {"--report-dir": "evidence", "--dist-dir": "distributions"}

#: Longer values are compressed.
_PLAIN_CHARACTERS = 2_000
#: The size limit of an unpacked value, in bytes.
_UNPACKED_BYTES = 256 * 2**20


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
    record = encode(dataclasses.replace(run, cells=without_values), redact)
    stored = _Values()
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
    """Values that are stored once, under their digests; large ones are compressed."""

    def __init__(self) -> None:
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
        kept = {kind: encode(value, redact)}
        text = json.dumps(kept, ensure_ascii=True, separators=(",", ":"), sort_keys=True)
        digest = hashlib.sha256(text.encode("ascii")).hexdigest()
        if digest not in self.by_digest and len(text) > _PLAIN_CHARACTERS:
            packed = base64.b64encode(zlib.compress(text.encode("ascii"))).decode("ascii")
            kept = {"zlib": packed}
        self.by_digest.setdefault(digest, kept)
        return digest


def read_evidence(path: Path, types: Mapping[str, object]) -> Run:
    """The run in a file of evidence.

    Args:
        path: the file.
        types: the types of the probes' values, by name; other values are left out.

    Raises:
        UsageError: the file cannot be read, or is not evidence of this format.
    """
    try:
        return decode_evidence(path.read_text(encoding="utf-8"), str(path), types)
    except OSError as error:
        raise UsageError(f"{str(path)!r} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise _foreign(str(path), error) from None


def decode_evidence(text: str, source: str, types: Mapping[str, object]) -> Run:
    """The run in the text of a file of evidence; see `read_evidence`.

    Args:
        text: the content of the file.
        source: where it comes from, for messages.
        types: the types of the probes' values, by name.
    """
    try:
        document = json.loads(text)
        _require_format(document)
        version = document["tool"]["version"]
        values = {name: json.dumps(kept) for name, kept in document.pop("values").items()}
        cells = [cell.pop("values") for cell in document["cells"]]
        run: Run = decode(Run, document)
        return dataclasses.replace(
            run,
            tool_version=str(version),
            cells=tuple(
                dataclasses.replace(cell, values=_decode_values(named, values, types))
                for cell, named in zip(run.cells, cells, strict=True)
            ),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, MemoryError) as error:
        raise _foreign(source, error) from None


def _foreign(source: str, error: Exception) -> UsageError:
    words = clean_text(" ".join(str(error).split())[:200])
    return UsageError(
        f"{source!r} is not evidence of a run: {words}.",
        hint="A run writes it where its line `evidence:` says; check that it is whole.",
    )


def _require_format(document: Mapping[str, Any]) -> None:
    if document.get("format") != FORMAT:
        raise ValueError(f"its format is {document.get('format')!r}, not {FORMAT}")
    if "tested" in document:
        raise ValueError("it is of a range; the files of its commits lie beside it")
    if "values" not in document:
        raise ValueError("it holds nothing that can be checked again; an older release wrote it")


def _decode_values(
    named: Mapping[str, str], values: Mapping[str, str], types: Mapping[str, object]
) -> dict[str, object]:
    return {
        name: _decode_value(types[name], values[digest])
        for name, digest in named.items()
        if name in types
    }


# The jobs of a matrix have most values in common. They are told apart by their text, because
# somebody else may have written the digest.
@lru_cache(maxsize=1024)
def _decode_value(kind: object, text: str) -> object:
    kept = _unpack(json.loads(text))
    return decode(Problem, kept["problem"]) if "problem" in kept else decode(kind, kept["value"])


def _unpack(kept: Mapping[str, Any]) -> Any:
    if "zlib" not in kept:
        return kept
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(base64.b64decode(kept["zlib"]), _UNPACKED_BYTES)
    except (zlib.error, binascii.Error) as error:
        raise ValueError(f"a value is damaged ({error})") from None
    if unpacker.unconsumed_tail or not unpacker.eof:
        raise ValueError("a value is too large, or cut off")
    return json.loads(text)


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
