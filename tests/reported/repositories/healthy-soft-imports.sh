. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
[project]
name = "fuzzmatch-lite"
version = "0.5.0"
requires-python = ">=3.10"
[tool.setuptools]
packages = ["fuzzmatch_lite"]
X
w fuzzmatch_lite/__init__.py <<'X'
import json
from contextlib import suppress
from importlib.util import find_spec

ABSENT = (ImportError, OSError)

try:
    import Levenshtein
except ABSENT:
    Levenshtein = None

loads = json.loads
with suppress(ModuleNotFoundError):
    from orjson import loads


def has_rich():
    return find_spec("rich") is not None


def show(text):
    if not has_rich():
        print(text)
        return
    from rich import print as shout
    shout(text)


def distance(a, b):
    if Levenshtein is not None:
        return Levenshtein.distance(a, b)
    return sum(x != y for x, y in zip(a, b)) + abs(len(a) - len(b))
X
ci init
