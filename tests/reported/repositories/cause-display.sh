. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
[project]
name = "clickpilot"
version = "5.4.0"
requires-python = ">=3.10"
X
w clickpilot/__init__.py <<'X'
from clickpilot.mouse import where
X
w clickpilot/mouse.py <<'X'
import os
import sys

if sys.platform.startswith("linux"):
    _display = os.environ["DISPLAY"]
else:
    _display = ""


def where():
    return _display
X
ci init
