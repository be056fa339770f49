. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["uv_build>=0.8,<1"]
build-backend = "uv_build"
[project]
name = "acme-shepherd"
version = "0.2.5"
requires-python = ">=3.10"
dependencies = ["click>=8.4.2"]
[project.scripts]
shepherd = "shepherd.main:cli"
[tool.uv.build-backend]
module-name = "shepherd"
X
w src/shepherd/__init__.py </dev/null
w src/shepherd/main.py <<'X'
import click


@click.command()
@click.version_option(package_name="shepherd", prog_name="shepherd", message="%(prog)s %(version)s")
def cli():
    click.echo("herding")
X
ci init
