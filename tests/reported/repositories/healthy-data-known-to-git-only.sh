. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["setuptools>=77", "setuptools-scm>=8"]
build-backend = "setuptools.build_meta"
[project]
name = "checkproject"
dynamic = ["version"]
requires-python = ">=3.10"
[project.scripts]
checkproject = "checkproject.cli:main"
[tool.setuptools_scm]
[tool.setuptools.packages.find]
where = ["src"]
X
w .gitignore <<'X'
build/
*.egg-info/
dist/
X
w src/checkproject/__init__.py </dev/null
w src/checkproject/cli.py <<'X'
import json
import pkgutil

RULES = json.loads(pkgutil.get_data("checkproject.schemas", "rules.json"))


def main():
    print(sorted(RULES))
X
w src/checkproject/schemas/__init__.py </dev/null
w src/checkproject/schemas/rules.json <<'X'
{"name": "string", "version": "string"}
X
ci init; git tag v0.9
