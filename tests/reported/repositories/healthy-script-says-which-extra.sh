. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "trailpath"
version = "0.12.0"
requires-python = ">=3.10"
[project.scripts]
trailpath = "trailpath.cli:main"
[project.optional-dependencies]
cli = ["click"]
all = ["trailpath[cli]"]
X
w trailpath/__init__.py <<'X'
def join(*parts):
    return '/'.join(parts)
X
w trailpath/_commands.py <<'X'
import click


@click.command()
def app():
    click.echo('trail')
X
w trailpath/cli.py <<'X'
import sys


def main():
    try:
        from trailpath._commands import app
    except ImportError:
        sys.exit("The trailpath command needs more: pip install 'trailpath[cli]'")
    app()
X
ci init
