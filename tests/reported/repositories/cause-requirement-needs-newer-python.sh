. "$(dirname "$0")/../begin.bash"
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
