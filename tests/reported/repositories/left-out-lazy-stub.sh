. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["pdm-backend"]
build-backend = "pdm.backend"
[project]
name = "pixgrain"
version = "0.20.0"
requires-python = ">=3.10"
dependencies = ["lazy-loader"]
[tool.pdm.build]
excludes = ["**/*.pyi"]
X
w src/pixgrain/__init__.py <<'X'
import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
X
w src/pixgrain/__init__.pyi <<'X'
from .grain import grain as grain
X
w src/pixgrain/grain.py <<'X'
def grain(x):
    return x + 1
X
ci init
