. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "flowbench"
version = "0.4.0"
requires-python = ">=3.10"
[project.scripts]
flowbench = "flowbench.cli:main"
[project.optional-dependencies]
sandbox-remote = ["tabulate"]
judge = ["colorama"]
X
w flowbench/__init__.py <<'X'
from flowbench.rollout import rollout
X
w flowbench/rollout.py <<'X'
from flowbench.sandbox.remote import StartupError


def rollout():
    raise StartupError
X
w flowbench/sandbox/__init__.py </dev/null
w flowbench/sandbox/remote.py <<'X'
from tabulate import tabulate


class StartupError(Exception):
    def __str__(self):
        return tabulate([[1]])
X
w flowbench/cli.py <<'X'
def main():
    print('flowbench')
X
ci init
