. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["hatchling", "hatch-vcs"]
build-backend = "hatchling.build"
[project]
name = "ratiokit"
dynamic = ["version"]
requires-python = ">=3.10"
[tool.hatch.version]
source = "vcs"
X
w ratiokit/__init__.py </dev/null
ci one; git tag v0.6.3
echo '# 2' >> ratiokit/__init__.py; ci two
cd ..; mv "$(basename "$r")" origin-ratiokit; git clone -q --depth 1 "file://$PWD/origin-ratiokit" "$(basename "$r")"
