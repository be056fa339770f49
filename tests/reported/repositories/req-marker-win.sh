set -e
r=$1; mkdir -p "$r"; cd "$r"; git init -q -b main; git config user.email dev@example.org; git config user.name Dev
ci() { git add -A; git commit -q -m "$1"; }
w() { mkdir -p "$(dirname "$1")"; cat > "$1"; }
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
