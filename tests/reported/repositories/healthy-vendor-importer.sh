. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
[project]
name = "crateshop"
version = "65.0.0"
requires-python = ">=3.10"
[tool.setuptools.packages.find]
include = ["crateshop*"]
X
w crateshop/__init__.py <<'X'
from crateshop.extern import tinyfmt


def show(value):
    return tinyfmt.render(value)
X
w crateshop/_vendor/__init__.py </dev/null
w crateshop/_vendor/tinyfmt.py <<'X'
def render(value):
    return f'<{value}>'
X
w crateshop/extern/__init__.py <<'X'
import importlib.util
import sys


class Vendored:
    def __init__(self, root, names, store):
        self.root, self.names, self.store = root, names, store

    def find_spec(self, fullname, path=None, target=None):
        root, _, name = fullname.partition(self.root + ".")
        if not root and name in self.names:
            return importlib.util.spec_from_loader(fullname, self)

    def create_module(self, spec):
        name = spec.name.partition(self.root + ".")[2]
        __import__(f"{self.store}.{name}")
        return sys.modules[f"{self.store}.{name}"]

    def exec_module(self, module):
        pass


sys.meta_path.append(Vendored(__name__, ("tinyfmt",), "crateshop._vendor"))
X
ci init
