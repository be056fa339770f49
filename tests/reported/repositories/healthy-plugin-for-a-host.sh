. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["flit_core>=3.2,<4"]
build-backend = "flit_core.buildapi"
[project]
name = "classpeek"
version = "1.2.0"
description = "x"
requires-python = ">=3.10"
[project.entry-points."disasm.plugins"]
classpeek = "classpeek.window:Plugin"
X
w classpeek/__init__.py <<'X'
"""x"""


def peek(data):
    return len(data)
X
w classpeek/window.py <<'X'
import sys

host = sys.modules.get("disasm_kernel")
if host is None:
    raise RuntimeError("classpeek.window can only be used from the window version of disasm")


class Plugin:
    def run(self):
        return host.show(self)
X
ci init
