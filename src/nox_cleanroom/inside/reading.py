"""Reads modules without running them. Called as

    python -I reading.py REQUEST ANSWERS BYTECODE

The request is ``read`` and a module's file, for each of the wheel's modules, each ended by a NUL;
an answer is a line of JSON. In BYTECODE, that of the modules beside this script is kept.
It says for a module's file whether it compiles, which modules of the same wheel it imports
and calls into, and which of its imports lead nowhere. What a condition on the version or the
platform, an `except ImportError` or `TYPE_CHECKING` keeps from being run here is not looked at.
"""

import ast  # before `load`, for the standard library has bytecode of its own
import gc
import importlib
import importlib.machinery
import importlib.util
import json
import os
import re
import sys
import warnings

#: What the modules beside this script are imported under; no wheel has a module of that name.
NAME = "nox_cleanroom_inside"


def load(*names):
    """Modules beside this script; not by way of the path, where they would be taken for a wheel's."""
    here = os.path.dirname(os.path.abspath(__file__))
    spec = importlib.util.spec_from_file_location(
        NAME, os.path.join(here, "__init__.py"), submodule_search_locations=[here]
    )
    sys.modules[NAME] = importlib.util.module_from_spec(spec)
    sys.pycache_prefix, before = sys.argv[3], sys.pycache_prefix
    try:
        return [importlib.import_module(NAME + "." + name) for name in names]
    finally:
        sys.pycache_prefix = before


def main():
    request_path, answers_path = sys.argv[1:3]
    locating, scopes = load("locating", "scopes")
    with open(request_path, encoding="utf-8", errors="surrogateescape", newline="") as file:
        paths = file.read().split("\0")[1::2]
    locating.OWN.update(locating.top_of(locating.dotted_name(path)[0]) for path in paths)
    locating.OWN.discard("")
    # Trees are many small objects that all live on; looking for garbage doubles the time.
    gc.disable()
    with open(answers_path, "w", encoding="utf-8") as file:
        for path in paths:
            try:
                answer = scopes.read(path)
            except Exception as error:
                answer = {"error": {"type": type(error).__name__, "message": str(error)}}
            file.write(json.dumps(answer) + "\n")
            # Whoever reads the answers knows which module ended the process.
            file.flush()


if __name__ == "__main__":
    main()
