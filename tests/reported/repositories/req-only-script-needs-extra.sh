. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["flit_core>=3.2,<4"]
build-backend = "flit_core.buildapi"
[project]
name = "depthdiff"
version = "8.0.1"
description = "x"
requires-python = ">=3.10"
[project.scripts]
deep = "depthdiff.commands:cli"
[project.optional-dependencies]
cli = ["click"]
X
w depthdiff/__init__.py <<'X'
"""x"""


def diff(a, b):
    return a != b
X
w depthdiff/commands.py <<'X'
import click

from depthdiff import diff


@click.command()
@click.argument("a")
@click.argument("b")
def cli(a, b):
    click.echo(diff(a, b))
X
ci init
