. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "codescry"
version = "1.4.3"
requires-python = ">=3.10"
[tool.hatch.build.targets.wheel]
packages = ["codescry"]
X
w .gitignore <<'X'
*.jar
dist/
X
w codescry/__init__.py <<'X'
from codescry.java import analyse
__all__ = ["analyse"]
X
w codescry/java.py <<'X'
from pathlib import Path

JARS = Path(__file__).parent / "jar"


class EngineError(Exception):
    pass


def engine():
    found = sorted(JARS.glob("engine-*.jar"))
    if not found:
        raise EngineError("engine jar not found")
    return found[-1]


def analyse(source):
    return [engine().name, source]
X
w codescry/jar/.gitignore <<'X'
!engine-*.jar
X
w codescry/jar/engine-2.3.7.jar <<'X'
jarbytes
X
ci init
