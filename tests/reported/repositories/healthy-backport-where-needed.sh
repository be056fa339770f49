. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["flit_core>=3.2,<4"]
build-backend = "flit_core.buildapi"
[project]
name = "voicedeck"
version = "4.6.1"
description = "x"
requires-python = ">=3.10"
dependencies = ["audioop-lts; python_version >= '3.13'"]
X
w voicedeck/__init__.py <<'X'
"""x"""
import audioop


def loudness(sample):
    return audioop.rms(sample, 2)
X
ci init
