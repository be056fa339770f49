. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "partdesk"
version = "1.6.0"
requires-python = ">=3.10"
[project.scripts]
partdesk = "partdesk.cli:main"
X
w .gitmodules <<'X'
[submodule "docs/theme"]
	path = docs/theme
	url = https://git.example.org/theme.git
X
w docs/index.md <<'X'
# partdesk
X
w partdesk/__init__.py <<'X'
from partdesk.table import table
X
w partdesk/table.py <<'X'
from tabulate import tabulate as table
X
w partdesk/cli.py <<'X'
from partdesk.table import table


def main():
    print(table([[1]]))
X
git add -A; git update-index --add --cacheinfo 160000,1234567890123456789012345678901234567890,docs/theme; git commit -q -m init; mkdir -p docs/theme
