. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "guardrail-kit"
version = "1.0.0"
requires-python = ">=3.10"
[tool.hatch.build.targets.wheel]
packages = ["guardrail_kit"]
X
w guardrail_kit/__init__.py <<'X'
from guardrail_kit.compat import StrEnum, batched, quote, toml
X
w guardrail_kit/compat.py <<'X'
import sys as system
from sys import hexversion
from sys import version_info as vi

if vi[:2] >= (3, 11):
    import tomllib as toml
else:
    toml = None

if (3, 12) <= system.version_info:
    from itertools import batched
else:
    def batched(rows, size):
        rows = list(rows)
        return (tuple(rows[n:n + size]) for n in range(0, len(rows), size))

if hexversion < 0x030D0000:
    import pipes
    quote = pipes.quote
else:
    import shlex
    quote = shlex.quote

if system.version_info.minor < 11:
    from enum import Enum

    class StrEnum(str, Enum):
        pass
else:
    from enum import StrEnum
X
ci init
