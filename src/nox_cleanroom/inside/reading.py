"""Reads modules without running them. Usage:

    python -I reading.py REQUEST ANSWERS BYTECODE [WANTED]

The request is ``read`` and a module's file, for each of the wheel's modules and scripts, and each
string ends with a NUL. The directory BYTECODE holds the bytecode of the modules beside this script.
The file WANTED names files that are not installed: an answer says which of them a module names.

An answer is a line of JSON. It says whether a module's file compiles, which modules of the same
wheel it imports and calls, and which of its imports name something that does not exist. Code that
does not run here is ignored, because of a condition on the version or the platform, an
`except ImportError` or `TYPE_CHECKING`.
"""

import ast  # before `load`, because the standard library has its own bytecode
import gc
import importlib
import importlib.machinery
import importlib.util
import json
import os
import re
import sys
import warnings

#: The package name of the modules beside this script; no wheel has a module of that name.
NAME = "nox_cleanroom_inside"


def load(*names):
    """Import modules beside this script, not through the path, which is for the wheel's modules."""
    here = os.path.dirname(os.path.abspath(__file__))
    spec = importlib.util.spec_from_file_location(
        NAME, os.path.join(here, "__init__.py"), submodule_search_locations=[here]
    )
    sys.modules[NAME] = importlib.util.module_from_spec(spec)
    sys.pycache_prefix, before = sys.argv[3], getattr(sys, "pycache_prefix", None)
    try:
        return [importlib.import_module(NAME + "." + name) for name in names]
    finally:
        sys.pycache_prefix = before


def main():
    request_path, answers_path = sys.argv[1:3]
    locating, paths_module, scopes = load("locating", "paths", "scopes")
    for wanted in sys.argv[4:]:
        with open(wanted, encoding="utf-8", errors="surrogateescape", newline="") as file:
            paths_module.WANTED.update(filter(None, file.read().split("\0")))
    with open(request_path, encoding="utf-8", errors="surrogateescape", newline="") as file:
        paths = file.read().split("\0")[1::2]
    locating.OWN.update(locating.top_of(locating.dotted_name(path)[0]) for path in paths)
    locating.OWN.discard("")
    # Trees are many small objects that all live on; looking for garbage doubles the time.
    gc.disable()
    with open(answers_path, "w", encoding="utf-8") as file:
        for path in paths:
            try:
                name = locating.dotted_name(path)[0]
                answer = scopes.read(path, "" if name else os.path.basename(path))
            except Exception as error:
                answer = {"error": {"type": type(error).__name__, "message": str(error)}}
            file.write(json.dumps(answer) + "\n")
            # Write at once, so that the reader of the answers knows which module ended the process.
            file.flush()


if __name__ == "__main__":
    main()
