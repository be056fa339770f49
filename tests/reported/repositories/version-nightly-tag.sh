. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["hatchling", "hatch-vcs"]
build-backend = "hatchling.build"
[project]
name = "framefinder"
dynamic = ["version"]
requires-python = ">=3.10"
[tool.hatch.version]
source = "vcs"
X
w framefinder/__init__.py </dev/null
ci one; git tag v3.2.1
echo '# 2' >> framefinder/__init__.py; ci two; git tag nightly-6e4cada
echo '# 3' >> framefinder/__init__.py; ci three
