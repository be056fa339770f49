"""The ``sitecustomize`` of commands that run among the project's files.

There, a test runner or ``python -m`` puts the source on the path before the installed modules. This
finder precedes the path, and finds only the wheel's own modules. It records where those came from:
at the first import of one, and at the end.
"""

import atexit
import json
import os
import sys
from importlib.machinery import PathFinder


class InstalledFirst:
    def __init__(self, names, places, witnesses):
        self._names = frozenset(names)
        self._places = places
        self._witnesses = witnesses
        self._said = set()

    def find_spec(self, fullname, path=None, target=None):
        if fullname not in self._names:
            return None
        parents = fullname.split(".")[:-1]
        spec = PathFinder.find_spec(
            fullname, [os.path.join(place, *parents) for place in self._places]
        )
        if spec is not None and spec.origin:
            self._say(spec.origin)
        return spec

    def report(self):
        for name in self._names:
            place = getattr(sys.modules.get(name), "__file__", None)
            if isinstance(place, str):
                self._say(place)

    def _say(self, place):
        if not self._witnesses or place in self._said:
            return
        self._said.add(place)
        path = os.path.join(self._witnesses, "%d.json" % os.getpid())
        try:
            with open(path, "w", encoding="utf-8") as file:
                json.dump(sorted(self._said), file)
        except OSError:
            pass


with open(os.path.join(os.path.dirname(__file__), "installed.json"), encoding="utf-8") as file:
    request = json.load(file)
finder = InstalledFirst(request["names"], request["places"], request["witnesses"])
sys.meta_path.insert(0, finder)
atexit.register(finder.report)
