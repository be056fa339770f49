. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["uv_build>=0.8,<1"]
build-backend = "uv_build"
[project]
name = "keypeek"
version = "0.3.0"
requires-python = ">=3.10"
[project.scripts]
keypeek = "keypeek:main"
X
w src/keypeek/__init__.py <<'X'
import os as _os
import platform as _pf
import sys as chungus
from sys import platform

WINDOWS = _os.name == "nt"

if platform == "win32":
    from msvcrt import getch
else:
    import termios
    import tty

    def getch():
        return tty, termios


if chungus.platform.startswith("win"):
    import _winapi


def theme():
    if not WINDOWS:
        return "plain"
    import winreg
    return winreg.QueryValue(winreg.HKEY_CURRENT_USER, "Theme")


def beep():
    if _pf.system() != "Windows":
        return None
    import winsound
    return winsound.Beep(440, 100)


def main():
    print(theme(), beep())
X
ci init
