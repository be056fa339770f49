. "$(dirname "$0")/../begin.bash"
w client/pyproject.toml <<'X'
[build-system]
requires = ["uv_build>=0.8,<1"]
build-backend = "uv_build"
[project]
name = "tally-client-zz"
version = "0.3.0"
requires-python = ">=3.10"
dependencies = ["tally-core-zz"]
[tool.uv.sources]
tally-core-zz = { path = "../core" }
X
w client/src/tally_client_zz/__init__.py <<'X'
from tally_core_zz import tally
X
w core/pyproject.toml <<'X'
[build-system]
requires = ["flit_core>=3.2,<4"]
build-backend = "flit_core.buildapi"
[project]
name = "tally-core-zz"
version = "0.3.0"
description = "x"
requires-python = ">=3.10"
X
w core/tally_core_zz/__init__.py <<'X'
"""x"""


def tally():
    return 0
X
ci init
