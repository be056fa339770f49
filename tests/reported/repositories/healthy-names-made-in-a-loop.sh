. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["flit_core>=3.2,<4"]
build-backend = "flit_core.buildapi"
[project]
name = "loopnames"
version = "0.1.0"
description = "x"
requires-python = ">=3.10"
X
w loopnames/__init__.py <<'X'
"""x"""
from loopnames.codes import E404
from loopnames.compass import WEST
from loopnames.units import metre
X
w loopnames/compass.py <<'X'
from enum import Enum


class Way(Enum):
    WEST = 1
    EAST = 2


globals().update(Way.__members__)
X
w loopnames/codes.py <<'X'
for _n in (404, 500):
    vars()[f'E{_n}'] = type(f'E{_n}', (Exception,), {'code': _n})
X
w loopnames/units.py <<'X'
import sys

for _name, _size in {'metre': 1.0, 'mile': 1609.344}.items():
    setattr(sys.modules[__name__], _name, _size)
X
ci init
