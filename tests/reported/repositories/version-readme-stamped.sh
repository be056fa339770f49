. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["setuptools>=77", "setuptools-scm>=8"]
build-backend = "setuptools.build_meta"
X
w setup.py <<'X'
import re
from pathlib import Path
from setuptools import setup

readme = Path(__file__).parent / "README.md"
readme.write_text(re.sub(r"main/docs", "stable/docs", readme.read_text()))

setup(name="logbarrow", use_scm_version=True, packages=["logbarrow"], python_requires=">=3.10",
      long_description=readme.read_text(), long_description_content_type="text/markdown")
X
w README.md <<'X'
# logbarrow

See https://example.org/main/docs
X
w .gitignore <<'X'
build/
*.egg-info/
X
w logbarrow/__init__.py </dev/null
ci init; git tag v2026.8.28
