. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
[project]
name = "skyplots"
version = "1.1.0"
requires-python = ">=3.10"
X
w skyplots/__init__.py <<'X'
import os

if os.environ.get("DISPLAY") is None:
    backend = "plain"
else:
    backend = os.environ["DISPLAY"]


def size():
    try:
        return os.environ["SKYPLOTS_SIZE"]
    except KeyError:
        return "80x25"
X
ci init
