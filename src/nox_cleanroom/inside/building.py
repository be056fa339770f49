"""Calls the hooks of a build backend (PEP 517), in the project's directory. Usage:

    python -I building.py ANSWER KIND OUT KNOWN BACKEND [PATH ...]

KIND is ``wheel`` or ``sdist``, and OUT is the directory for it. With the KIND ``hooks`` nothing is
built, and ANSWER names the hooks of the backend. Unless KNOWN is ``known``, the backend is first
asked for the further requirements of the build. If there are any, ANSWER names them, and nothing is
built. PATHs are the directories of a backend in the project (`backend-path`).

PEP 517 demands a fresh process for each hook, because hooks may change the state of a process.
Loading a backend often takes longer than its work. So the build goes on in this process if the
first hook has changed nothing: no code of the project has run, and the environment, the directory,
the path and the arguments are the same as before. Otherwise nothing is built, and the build needs
another call.

ANSWER is a line of JSON: the requirements and the name of the built file, or the names of hooks.
"""

import importlib
import json
import os
import sys

HOOKS = ["build_wheel", "build_sdist", "build_editable"]

# What of the standard library runs code that it has generated, for the methods of classes.
GENERATORS = ["collections", "dataclasses"]


def main():
    answer_path, kind, out, known, name = sys.argv[1:6]
    paths = sys.argv[6:]
    # A setup.py must not see our arguments.
    del sys.argv[1:]
    backend = load(name, paths)
    if kind == "hooks":
        # As in pyproject-hooks, a backend has an optional hook if it has the attribute.
        write(answer_path, hooks=[hook for hook in HOOKS if hasattr(backend, hook)])
        return
    if known != "known":
        # A backend in the project is code of the project, and it has run.
        shared = SharedState(os.getcwd(), ran_project=bool(paths))
        required = ask(backend, kind)
        write(answer_path, requires=required)
        if required or shared.has_seen_a_change():
            return
    built = getattr(backend, "build_" + kind)(out, None)
    write(answer_path, requires=[], built=os.path.basename(built))


def ask(backend, kind):
    question = getattr(backend, "get_requires_for_build_" + kind, None)
    return [] if question is None else list(question(None))


class SharedState:
    """Notes changes that make a process unfit for another hook of a build backend."""

    def __init__(self, project, ran_project):
        self._project = os.path.join(project, "")
        self._has_read = False
        # Every hook runs a setup.py.
        self._ran_project = ran_project or os.path.exists(self._project + "setup.py")
        self._before = shared_state()
        if hasattr(sys, "addaudithook"):
            sys.addaudithook(self._see)
        else:
            self._ran_project = True

    def has_seen_a_change(self):
        return self._ran_project or shared_state() != self._before

    def _see(self, event, arguments):
        if self._ran_project:
            return
        if event == "exec":
            name = getattr(arguments[0], "co_filename", "<string>")
            if name.startswith("<frozen "):
                return
            if name.startswith("<"):
                # Such a name has code that was read from a file as text, and what is generated.
                runner = sys._getframe(1).f_globals.get("__name__")
                self._ran_project = self._has_read and runner not in GENERATORS
            else:
                self._ran_project = self._is_own(name)
        elif event == "open" and isinstance(arguments[0], str) and arguments[0].endswith(".py"):
            self._has_read = self._has_read or self._is_own(arguments[0])

    def _is_own(self, path):
        return os.path.abspath(path).startswith(self._project)


def shared_state():
    return dict(os.environ), os.getcwd(), list(sys.path), list(sys.argv)


def load(name, paths):
    """The backend, which is a module or an attribute of one; from `paths` if there are any."""
    sys.path[:0] = paths
    module_name, _, attributes = name.partition(":")
    backend = importlib.import_module(module_name)
    if paths and not is_below(getattr(backend, "__file__", None) or "", paths):
        raise ImportError("%r is not in the backend-path %s" % (module_name, ", ".join(paths)))
    for attribute in filter(None, attributes.split(".")):
        backend = getattr(backend, attribute)
    return backend


def is_below(place, directories):
    # Do not resolve links, because a link in the project may lead outside.
    place = os.path.abspath(place)
    return any(place.startswith(os.path.join(os.path.abspath(one), "")) for one in directories)


def write(path, **answer):
    with open(path, "w", encoding="ascii") as file:
        json.dump(answer, file)


if __name__ == "__main__":
    main()
