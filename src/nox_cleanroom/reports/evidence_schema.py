"""The JSON schema of evidence, from the types of the records that it holds.

(https://json-schema.org/draft-07)
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from nox_cleanroom.errors import Code
from nox_cleanroom.findings import Outcome, Problem
from nox_cleanroom.reports.encoding import key_of, left_out
from nox_cleanroom.reports.evidence import FORMAT
from nox_cleanroom.results import Run

_PAGE = "https://nox-cleanroom.readthedocs.io/en/latest/reference/evidence"

_SIMPLE: Mapping[Any, Mapping[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    NoneType: {"type": "null"},
}


def evidence_schema() -> dict[str, Any]:
    """The schema of a file of evidence, of one cell or of a whole run."""
    records: dict[str, Any] = {}
    run = _of_record(Run, records)
    cell = records["Cell"]["properties"]
    # Values are kept once, under their digests.
    cell["values"] = {"type": "object", "additionalProperties": _SIMPLE[str]}
    cell["outcome"] = _of(Outcome, records)
    kept = {
        "value": {},
        "problem": _of(Problem, records),
        "zlib": {"type": "string", "contentEncoding": "base64"},
    }
    tool = dict.fromkeys(("name", "version"), _SIMPLE[str])
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": f"{_PAGE}.schema.json",
        "title": f"Evidence of nox-cleanroom, format {FORMAT}",
        "description": f"See {_PAGE}.html",
        **run,
        "properties": {
            "tool": _object(tool),
            "format": {"const": FORMAT},
            "verdict": _of(Outcome, records),
            "codes": {"type": "array", "items": _of(Code, records)},
            **run["properties"],
            "values": {
                "type": "object",
                "additionalProperties": {**_object(kept), "minProperties": 1, "maxProperties": 1},
            },
        },
        "required": ["tool", "format", "verdict", "codes", *run["required"], "values"],
        "definitions": records,
    }


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": dict(properties)}


def _of(kind: Any, records: dict[str, Any]) -> dict[str, Any]:  # noqa: PLR0911 - one for each kind
    """The schema of a type, as `encode` writes its values."""
    origin, arguments = get_origin(kind), get_args(kind)
    if kind in _SIMPLE:
        return dict(_SIMPLE[kind])
    if origin in {Union, UnionType}:
        return {"anyOf": [_of(one, records) for one in arguments]}
    if origin is Literal:
        return {"enum": [*arguments]}
    if origin is tuple:
        return {"type": "array", "items": _of(arguments[0], records)}
    if origin is not None:
        return {"type": "object", "additionalProperties": _of(arguments[1], records)}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {"enum": [*kind.__members__]}
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        if kind.__name__ not in records:
            # A record may hold others of its kind.
            records[kind.__name__] = {}
            records[kind.__name__] = _of_record(kind, records)
        return {"$ref": f"#/definitions/{kind.__name__}"}
    return {}


def _of_record(kind: type, records: dict[str, Any]) -> dict[str, Any]:
    types = get_type_hints(kind)
    names = [one.name for one in dataclasses.fields(kind) if not left_out(one.name)]
    return {
        **_object({key_of(name): _of(types[name], records) for name in names}),
        "required": [*map(key_of, names)],
    }
