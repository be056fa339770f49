. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["pdm-backend"]
build-backend = "pdm.backend"
[project]
name = "batnotes"
version = "0.8.2"
requires-python = ">=3.11"
[project.scripts]
batnotes = "batnotes.__main__:main"
X
w src/batnotes/__init__.py </dev/null
w src/batnotes/__main__.py <<'X'
from batnotes.imports import chunks


def main():
    print(list(chunks(range(5))))
X
w src/batnotes/imports.py <<'X'
from itertools import batched


def chunks(rows, size=2):
    return batched(rows, size)
X
ci init
