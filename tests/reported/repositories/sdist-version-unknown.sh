. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
X
w setup.py <<'X'
import os
import subprocess
from setuptools import setup

HERE = os.path.dirname(os.path.abspath(__file__))


def version():
    if os.environ.get("TIDEFLOW_VERSION"):
        return os.environ["TIDEFLOW_VERSION"]
    if not os.path.exists(os.path.join(HERE, ".git")):
        return "0.0.0+unknown"
    return subprocess.check_output(["git", "describe", "--tags"], cwd=HERE, text=True).strip()


setup(name="tideflow", version=version(), packages=["tideflow"], python_requires=">=3.10")
X
w .gitignore <<'X'
build/
*.egg-info/
X
w tideflow/__init__.py </dev/null
ci init; git tag 3.3.10
