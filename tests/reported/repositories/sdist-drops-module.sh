. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "towndrive"
version = "0.0.1"
requires-python = ">=3.10"
[project.scripts]
towndrive = "towndrive:main"
[tool.hatch.build.targets.sdist]
include = ["towndrive.py"]
[tool.hatch.build.targets.wheel]
include = ["towndrive.py", "routeplan.py"]
X
w towndrive.py <<'X'
from routeplan import plan


def main():
    print(plan())
X
w routeplan.py <<'X'
def plan():
    return ['a', 'b']
X
ci init
