. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["poetry-core>=2"]
build-backend = "poetry.core.masonry.api"
[project]
name = "epimodel"
version = "0.1.0"
requires-python = ">=3.10"
dependencies = ["tabulate", "pywin32>=306"]
X
w epimodel/__init__.py <<'X'
from tabulate import tabulate
X
ci init
