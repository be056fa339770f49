. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "hueset"
version = "1.0.0"
requires-python = ">=3.11"
X
w hueset/__init__.py <<'X'
from hueset.colours import BLUE, RED
from hueset.places import NORTH
X
w hueset/colours.py <<'X'
import enum


@enum.global_enum
class Colour(enum.Enum):
    RED = 1
    BLUE = 2
X
w hueset/places.py <<'X'
from enum import IntEnum, global_enum


class Place(IntEnum):
    NORTH = 0
    SOUTH = 1


global_enum(Place)
X
ci init
