. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["flit_core>=3.2,<4"]
build-backend = "flit_core.buildapi"
[project]
name = "imgtoys"
version = "0.3.0"
description = "x"
requires-python = ">=3.10"
dependencies = ["lazy-loader"]
X
w imgtoys/__init__.py <<'X'
"""x"""
import warnings

import lazy_loader as lazy

__version__ = "0.3.0"
_attach, __dir__, __all__ = lazy.attach(
    __name__,
    submodules={"filters"},
    submod_attrs={"shapes": ["square", "disk"]},
)


def __getattr__(name):
    if name == "blur":
        warnings.warn("blur moved to imgtoys.filters", FutureWarning, stacklevel=2)
        return _attach("filters").blur
    return _attach(name)
X
w imgtoys/filters.py <<'X'
from imgtoys import square


def blur(x):
    return square(x) / 2
X
w imgtoys/shapes.py <<'X'
def square(x):
    return x * x


def disk(r):
    return 3 * r * r
X
w imgtoys/old.py <<'X'
from imgtoys import blur, disk
X
ci init
