. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
[project]
name = "edgeclient"
version = "0.9.0"
requires-python = ">=3.10"
dependencies = ["colorama; sys_platform == 'win'"]
X
w edgeclient/__init__.py <<'X'
import os


def setup_terminal():
    if os.name == "nt":
        import colorama
        colorama.just_fix_windows_console()
X
ci init
