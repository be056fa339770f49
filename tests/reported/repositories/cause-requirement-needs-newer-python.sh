set -e
r=$1; mkdir -p "$r"; cd "$r"; git init -q -b main; git config user.email dev@example.org; git config user.name Dev
ci() { git add -A; git commit -q -m "$1"; }
w() { mkdir -p "$(dirname "$1")"; cat > "$1"; }
w pyproject.toml <<'X'
[build-system]
requires = ["flit_core>=3.2,<4"]
build-backend = "flit_core.buildapi"
[project]
name = "voicedeck"
version = "4.6.0"
description = "x"
requires-python = ">=3.10"
dependencies = ["audioop-lts"]
X
w voicedeck/__init__.py <<'X'
"""x"""
import audioop
X
ci init
