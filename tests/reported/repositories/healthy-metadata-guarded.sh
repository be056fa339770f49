. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["uv_build>=0.8,<1"]
build-backend = "uv_build"
[project]
name = "tinyidp"
version = "1.1.0"
requires-python = ">=3.10"
X
w src/tinyidp/__init__.py <<'X'
from importlib import metadata

try:
    __version__ = metadata.version("tinyidp")
except metadata.PackageNotFoundError:
    __version__ = "1.1.0"


def loop_version():
    try:
        return metadata.version("uvloop")
    except metadata.PackageNotFoundError:
        return None
X
ci init
