. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
X
w setup.py <<'X'
import os
from setuptools import setup

points = "entry_points.ini"
setup(
    name="yardsh",
    version="0.6.1",
    packages=["yardsh"],
    python_requires=">=3.10",
    entry_points=open(points).read() if os.path.exists(points) else {},
)
X
w entry_points.ini <<'X'
[console_scripts]
yardsh = yardsh.main:main
X
w yardsh/__init__.py </dev/null
w yardsh/main.py <<'X'
def main():
    print('yard')
X
ci init
