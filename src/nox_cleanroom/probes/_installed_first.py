"""Becomes ``sitecustomize`` for commands that run among the project's files.

There, a test runner or ``python -m`` puts the source on the path in front of what is
installed. This finder comes before the path and answers for the wheel's own names only.
"""

import json
import os
import sys
from importlib.machinery import PathFinder


class InstalledFirst:
    def __init__(self, names, places):
        self._names = frozenset(names)
        self._places = places

    def find_spec(self, fullname, path=None, target=None):
        if fullname not in self._names:
            return None
        parents = fullname.split(".")[:-1]
        return PathFinder.find_spec(
            fullname, [os.path.join(place, *parents) for place in self._places]
        )


with open(os.path.join(os.path.dirname(__file__), "installed.json"), encoding="utf-8") as file:
    request = json.load(file)
sys.meta_path.insert(0, InstalledFirst(request["names"], request["places"]))
