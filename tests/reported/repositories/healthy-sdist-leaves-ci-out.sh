. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["setuptools>=77", "setuptools-scm>=8"]
build-backend = "setuptools.build_meta"
[project]
name = "lanternfish"
dynamic = ["version"]
requires-python = ">=3.10"
[tool.setuptools_scm]
[tool.setuptools]
packages = ["lanternfish"]
X
w .gitattributes <<'X'
/ci export-ignore
/docs export-ignore
.gitattributes export-ignore
X
w .gitignore <<'X'
build/
*.egg-info/
dist/
X
w ci/run.sh <<'X'
true
X
w docs/index.md <<'X'
# lanternfish
X
w lanternfish/__init__.py <<'X'
from importlib.resources import files


def words():
    return files(__package__).joinpath('words.txt').read_text().split()
X
w lanternfish/words.txt <<'X'
deep sea
X
ci init; git tag v2.0.0
