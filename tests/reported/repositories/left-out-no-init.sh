. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
[project]
name = "docintake"
version = "0.5.0"
requires-python = ">=3.10"
[tool.setuptools.packages.find]
include = ["docintake*"]
namespaces = false
X
w docintake/__init__.py <<'X'
from docintake.agents.factory import make
X
w docintake/agents/__init__.py </dev/null
w docintake/agents/factory.py <<'X'
def make(kind):
    if kind == "echo":
        return str
    from ..utils_check import known
    from .utils.memory import Memory
    return Memory(known(kind))
X
w docintake/utils_check.py <<'X'
def known(kind):
    return kind
X
w docintake/agents/utils/memory.py <<'X'
class Memory:
    def __init__(self, kind):
        self.kind = kind
X
ci init
