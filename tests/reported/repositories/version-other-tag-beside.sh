. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["setuptools>=77", "setuptools-scm>=8"]
build-backend = "setuptools.build_meta"
[project]
name = "gymbench"
dynamic = ["version"]
requires-python = ">=3.10"
[tool.setuptools_scm]
git_describe_command = "git describe --dirty --tags --long --match v[0-9]*"
X
w .gitignore <<'X'
build/
*.egg-info/
X
w gymbench/__init__.py </dev/null
ci one; git tag v0.6.0
echo '# 2' >> gymbench/__init__.py; ci two; git tag v0.7.0; git tag gym-paper-v1
