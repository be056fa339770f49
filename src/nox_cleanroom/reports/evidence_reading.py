"""Reading the record of a run back, for checks on another day, or in another job."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import json
import zlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from nox_cleanroom.errors import UsageError
from nox_cleanroom.findings import Problem
from nox_cleanroom.output import clean_text
from nox_cleanroom.reports.encoding import decode
from nox_cleanroom.reports.evidence import FORMAT
from nox_cleanroom.results import Run

#: The size limit of an unpacked value, in bytes.
_UNPACKED_BYTES = 256 * 2**20


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
