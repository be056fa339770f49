. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["pdm-backend"]
build-backend = "pdm.backend"
[project]
name = "azimuth-kit"
version = "2025.12.0"
requires-python = ">=3.10"
dependencies = ["tomli>=1.1.0; python_version < '3.12'"]
X
w azimuth_kit/__init__.py <<'X'
import sys

if sys.version_info[:2] < (3, 11):
    import tomli
else:
    import tomllib as tomli


def read(text):
    return tomli.loads(text)
X
ci init
