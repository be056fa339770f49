. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "fooldesk"
version = "0.3.1"
requires-python = ">=3.11"
dependencies = ["tabulate; python_version >= '3.11.2'"]
X
w fooldesk/__init__.py <<'X'
import sys

if sys.version_info >= (3, 11, 2):
    import tabulate
else:
    tabulate = None
X
ci init
