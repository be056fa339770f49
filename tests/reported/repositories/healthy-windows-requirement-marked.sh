. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["poetry-core>=2"]
build-backend = "poetry.core.masonry.api"
[project]
name = "epimodel"
version = "0.1.1"
requires-python = ">=3.10"
dependencies = ["tabulate", "pywin32>=306; sys_platform == 'win32'"]
X
w epimodel/__init__.py <<'X'
import sys

from tabulate import tabulate


def machine():
    if sys.platform != "win32":
        return "unix"
    import win32api
    return win32api.GetComputerName()
X
ci init
