. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
[project]
name = "rootlens"
version = "0.4.0"
requires-python = ">=3.10"
[project.scripts]
rootlens = "rootlens.cli:main"
[tool.setuptools.packages.find]
include = ["rootlens"]
X
w rootlens/__init__.py </dev/null
w rootlens/cli.py <<'X'
import importlib
import sys

COMMANDS = {"count": "rootlens.counting", "viewer": "rootlens.viewer.app"}


def main():
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        print("commands:", *COMMANDS)
        return 0
    return importlib.import_module(COMMANDS[sys.argv[1]]).run(sys.argv[2:])
X
w rootlens/counting.py <<'X'
def run(args):
    print(len(args))
X
w rootlens/viewer/__init__.py </dev/null
w rootlens/viewer/app.py <<'X'
def run(args):
    print('viewing', *args)
X
ci init
