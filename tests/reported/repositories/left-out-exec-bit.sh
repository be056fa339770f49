. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
X
w setup.py <<'X'
from pathlib import Path
from setuptools import setup
from setuptools.command.build_py import build_py


class Bundle(build_py):
    def run(self):
        super().run()
        bundled = Path(self.build_lib) / "sandlot" / "_bundled" / "bin"
        bundled.mkdir(parents=True, exist_ok=True)
        for tool in Path("tools").iterdir():
            (bundled / tool.name).write_bytes(tool.read_bytes())


setup(
    name="sandlot",
    version="0.6.10",
    packages=["sandlot"],
    python_requires=">=3.10",
    entry_points={"console_scripts": ["sandlot = sandlot._cli:main"]},
    cmdclass={"build_py": Bundle},
)
X
w sandlot/__init__.py </dev/null
w sandlot/_cli.py <<'X'
import os
import sys
from pathlib import Path


def main():
    tool = str(Path(__file__).parent / "_bundled" / "bin" / "slot")
    os.execv(tool, [tool, *sys.argv[1:]])
X
w tools/slot <<'X'
#!/bin/sh
echo slot 0.6.10
X
chmod +x tools/slot; ci init
