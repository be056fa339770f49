. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "teacher-kit"
version = "1.15.0"
requires-python = ">=3.10"
[tool.hatch.build.targets.wheel]
packages = ["teacher"]
X
w teacher/__init__.py <<'X'
from importlib import import_module

_LAZY = {
    "Client": (".core.client", "Client"),
    "patch": (".core.patch", "patch"),
    "hooks": (".core", "hooks"),
}
__all__ = list(_LAZY)


def __getattr__(name):
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _LAZY[name]
    value = getattr(import_module(module, __name__), attribute)
    globals()[name] = value
    return value
X
w teacher/core/__init__.py <<'X'
from importlib import import_module

_NAMES = {"Hooks": ".hooks", "HookName": ".hooks"}


def __getattr__(name):
    if name in _NAMES:
        return getattr(import_module(_NAMES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
X
w teacher/core/client.py <<'X'
class Client:
    pass
X
w teacher/core/patch.py <<'X'
def patch(x):
    return x
X
w teacher/core/hooks.py <<'X'
class Hooks(dict):
    pass


HookName = str
X
ci init
