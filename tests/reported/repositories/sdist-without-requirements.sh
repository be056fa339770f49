. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
X
w setup.py <<'X'
from setuptools import find_packages, setup

setup(
    name="userdesk",
    version="0.0.8",
    packages=find_packages(),
    python_requires=">=3.10",
    install_requires=open("requirements.txt").read().split(),
)
X
w requirements.txt <<'X'
tabulate
X
w userdesk/__init__.py <<'X'
from tabulate import tabulate
X
ci init
