. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["setuptools>=77", "setuptools-scm>=8"]
build-backend = "setuptools.build_meta"
[project]
name = "phone-vault"
dynamic = ["version"]
requires-python = ">=3.10"
[tool.setuptools_scm]
version_file = "phone_vault/_version.py"
[tool.setuptools]
packages = ["phone_vault"]
X
w .gitignore <<'X'
build/
*.egg-info/
X
w phone_vault/__init__.py <<'X'
from phone_vault._version import __version__
X
w phone_vault/_version.py <<'X'
__version__ = "0.1.0"
X
ci init; git tag v0.1.1
