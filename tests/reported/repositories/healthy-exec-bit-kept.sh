. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "copydesk"
version = "0.1.23"
requires-python = ">=3.10"
[project.scripts]
copydesk = "copydesk.run:main"
X
w copydesk/__init__.py </dev/null
w copydesk/run.py <<'X'
import subprocess
import sys
from importlib.resources import as_file, files


def main():
    with as_file(files("copydesk") / "bin" / "desk") as tool:
        return subprocess.run([tool, *sys.argv[1:]]).returncode
X
w copydesk/bin/desk <<'X'
#!/bin/sh
echo desk 0.1.23
X
chmod +x copydesk/bin/desk; ci init
