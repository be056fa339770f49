. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
X
w setup.py <<'X'
from setuptools import find_packages, setup

setup(
    name="prunefeed",
    version="0.2.0",
    packages=find_packages(),
    python_requires=">=3.10",
    install_requires=["jinja2"],
    entry_points={"console_scripts": ["prunefeed = prunefeed.cli:main"]},
)
X
w prunefeed/__init__.py </dev/null
w prunefeed/web.py <<'X'
from jinja2 import Environment, PackageLoader


def page(name, **values):
    env = Environment(loader=PackageLoader("prunefeed", "templates"))
    return env.get_template(name).render(**values)
X
w prunefeed/cli.py <<'X'
from prunefeed.web import page


def main():
    print(page("settings.html", user="me"))
X
w prunefeed/templates/settings.html <<'X'
<p>{{ user }}</p>
X
ci init
