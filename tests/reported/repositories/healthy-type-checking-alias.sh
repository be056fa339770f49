. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["pdm-backend"]
build-backend = "pdm.backend"
[project]
name = "bucketwalk"
version = "0.2.0"
requires-python = ">=3.10"
X
w src/bucketwalk/__init__.py <<'X'
from __future__ import annotations

import typing as t
from typing import TYPE_CHECKING as _T

if _T:
    from types_aiobotocore_s3 import S3Client
if t.TYPE_CHECKING:
    from _typeshed import StrPath


def walk(client: S3Client, where: StrPath) -> list[str]:
    return [str(where)]
X
ci init
