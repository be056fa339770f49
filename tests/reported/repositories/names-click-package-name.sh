. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["uv_build>=0.8,<1"]
build-backend = "uv_build"
[project]
name = "acme-herder"
version = "0.2.4"
requires-python = ">=3.10"
dependencies = ["click>=8"]
[project.scripts]
herder = "herder.main:cli"
[tool.uv.build-backend]
module-name = "herder"
X
w src/herder/__init__.py </dev/null
w src/herder/main.py <<'X'
import click


@click.command()
@click.version_option(package_name="herder-cli", prog_name="herder", message="%(prog)s %(version)s")
def cli():
    click.echo("herding")
X
ci init
