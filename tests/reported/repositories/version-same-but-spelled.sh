. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
[project]
name = "keyfold"
version = "0.96.0-beta.10"
requires-python = ">=3.10"
[project.scripts]
keyfold = "keyfold.common:main"
X
w keyfold/__init__.py <<'X'
__version__ = "0.96.0-beta.10"
X
w keyfold/common.py <<'X'
from keyfold import __version__ as VERSION


def main():
    print("keyfold", VERSION)
X
ci init
