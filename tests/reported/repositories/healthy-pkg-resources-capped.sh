. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
[project]
name = "turkmorph"
version = "0.2.4"
requires-python = ">=3.10"
dependencies = ["setuptools<81"]
X
w turkmorph/__init__.py <<'X'
from turkmorph.lexicon import words
X
w turkmorph/lexicon.py <<'X'
from pkg_resources import resource_string


def words():
    return resource_string("turkmorph", "words.txt").decode().split()
X
w turkmorph/words.txt <<'X'
ev kitap
X
w MANIFEST.in <<'X'
include turkmorph/*.txt
X
ci init
