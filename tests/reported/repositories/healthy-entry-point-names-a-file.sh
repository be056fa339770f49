. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "tilewidgets"
version = "0.1.0"
requires-python = ">=3.10"
[project.entry-points."gallery.manifest"]
tilewidgets = "tilewidgets:gallery.yaml"
X
w tilewidgets/__init__.py <<'X'
def make():
    return 'tile'
X
w tilewidgets/gallery.yaml <<'X'
name: tilewidgets
commands:
  - tilewidgets:make
X
ci init
