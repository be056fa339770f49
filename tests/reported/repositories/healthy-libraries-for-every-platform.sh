. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "dotjoin"
version = "1.8.0"
requires-python = ">=3.10"
X
w dotjoin/__init__.py <<'X'
import ctypes
import sys
from pathlib import Path

NAMES = {"win32": "dot.dll", "darwin": "libdot.dylib"}


def library():
    return ctypes.CDLL(str(Path(__file__).parent / "native" / NAMES.get(sys.platform, "libdot.so")))


def add(a, b):
    try:
        return library().dot_add(a, b)
    except OSError:
        return a + b
X
w dotjoin/native/dot.dll <<'X'
not for here
X
w dotjoin/native/libdot.dylib <<'X'
not for here
X
base64 -d <<'X' | gunzip > dotjoin/native/libdot.so
H4sIAAAAAAACA6t39XFjYmRkgAFmBjsGBI+BwQFKGwggi1kwsAJJdgY2sFpWBtzgKSMqzQA1B8RlA+IAfgg/QB6V3sCASsP0MZGo
jwNKBzwtSWFBctcLRga8AKYvEKiPjYF4wMFAGWCE+pGRBPVCDCwMD6Ea4H5MyS+JT0xJYehlMT/MMApGwSgYBaNgFIyCUTAKRsEo
GAWjgNoA1v+aAO2PwfrGN6B8WF9yBZTPBeVzQmluKC1BLwfrFWcUlxSVJCYx6GUkFmcw6KVU5hVX5kLokiIGvZLUihIwLzE3M5li
67ihYcKEFk4wWoQB0c9H7k/DwlUQagYTWjjCaAP4OAakb8yBFp6SUDkmtHiB0ZxY+tfIQBFp7AIEYP1ujP43Dv3qUL3MDGjjF/yo
4xbMaP4XQDKPGVvACqD6H5f9ACfY00zwEQAA
X
ci init
