. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
[project]
name = "orbitcat"
version = "3.0.5"
requires-python = ">=3.10"
X
w orbitcat/__init__.py <<'X'
from orbitcat.config import load
X
w orbitcat/config.py <<'X'
import json
import os

DEFAULTS = {"instance": "", "timeout": 5}


def config_file():
    path = os.path.join(os.path.dirname(__file__), "config.json")
    if not os.path.isfile(path):
        with open(path, "w") as stream:
            json.dump(DEFAULTS, stream)
    return path


def load():
    with open(config_file()) as stream:
        return json.load(stream)
X
ci init
