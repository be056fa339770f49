. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "tidyspec"
version = "1.2.0"
requires-python = ">=3.10"
[project.scripts]
tidyspec = "tidyspec.cli:main"
[tool.hatch.build.targets.wheel]
packages = ["tidyspec"]
[tool.hatch.build.targets.wheel.shared-data]
"data" = "share/tidyspec"
X
w data/excludes.txt <<'X'
%changelog
X
w tidyspec/__init__.py </dev/null
w tidyspec/cli.py <<'X'
import sys
from pathlib import Path


def excludes():
    return (Path(sys.prefix) / "share" / "tidyspec" / "excludes.txt").read_text().split()


def main():
    print(excludes())
X
ci init
