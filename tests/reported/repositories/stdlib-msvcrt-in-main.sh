. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["flit_core>=3.2,<4"]
build-backend = "flit_core.buildapi"
[project]
name = "modshelf"
version = "1.8.0"
description = "x"
requires-python = ">=3.10"
[project.scripts]
modshelf = "modshelf.main:main"
X
w modshelf/__init__.py <<'X'
"""x"""
X
w modshelf/main.py <<'X'
import os
import tempfile


def main():
    import msvcrt

    lock = open(os.path.join(tempfile.gettempdir(), "modshelf.lock"), "w")
    msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
    print("started")
X
ci init
