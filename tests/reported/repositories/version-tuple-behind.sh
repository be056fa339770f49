. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "namesoftypes"
version = "1.4.0"
requires-python = ">=3.10"
X
w namesoftypes/__init__.py <<'X'
from .about import VERSION, __version__
X
w namesoftypes/about.py <<'X'
VERSION = (1, 3, 0)
__version__ = ".".join(map(str, VERSION))
X
ci init
