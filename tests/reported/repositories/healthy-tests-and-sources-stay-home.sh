. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
[project]
name = "wordcase"
version = "3.1.0"
requires-python = ">=3.10"
[tool.setuptools.packages.find]
include = ["wordcase*"]
exclude = ["wordcase.tests*"]
X
w .gitattributes <<'X'
*.c text
X
w MANIFEST.in <<'X'
graft docs
prune wordcase/tests
X
w docs/index.rst <<'X'
wordcase
========
X
w wordcase/__init__.py <<'X'
try:
    from wordcase._speed import swap
except ImportError:
    from wordcase._pure import swap
__all__ = ["swap"]
X
w wordcase/_pure.py <<'X'
def swap(text):
    return text.swapcase()
X
w wordcase/_speed.c <<'X'
/* built by `make speed` for those who want it */
int swap(int c) { return c ^ 32; }
X
w wordcase/tests/__init__.py </dev/null
w wordcase/tests/test_swap.py <<'X'
import json
from pathlib import Path

from wordcase import swap

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text())


def test_swap():
    for given, wanted in GOLDEN.items():
        assert swap(given) == wanted
X
w wordcase/tests/golden.json <<'X'
{"aB": "Ab"}
X
ci init
