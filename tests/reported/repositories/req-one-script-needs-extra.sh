. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["poetry-core>=2"]
build-backend = "poetry.core.masonry.api"
[project]
name = "shelfmark"
version = "1.14.0"
requires-python = ">=3.10"
[project.scripts]
shelf = "shelfmark.cli:main"
shelf-serve = "shelfmark.server:main"
[project.optional-dependencies]
serve = ["tabulate"]
X
w shelfmark/__init__.py </dev/null
w shelfmark/cli.py <<'X'
def main():
    print('shelf')
X
w shelfmark/server.py <<'X'
from tabulate import tabulate


def main():
    print(tabulate([["book", 1]]))
X
ci init
