"""Calls the hooks of a build backend (PEP 517), in the project's directory. Called as

    python -I building.py ANSWER KIND OUT KNOWN BACKEND [PATH ...]

KIND is ``wheel`` or ``sdist``, and OUT the directory that it goes to; or KIND is ``hooks``, which builds
nothing, and then ANSWER says which hooks the backend has. Unless KNOWN is ``known``, the
backend is asked first what else that build requires: ANSWER says so, and nothing is built when that is
anything. PATHs are the places of a backend that lies in the project (`backend-path`).

PEP 517 wants each hook in a fresh process, for hooks may change what a process shares. To load
many a backend takes longer than what it does, so the build goes on in this process where the
question has changed nothing: no code of the project has been run, and environment, directory, path
and arguments are as they were. Elsewhere nothing is built, and the build is a call of its own.

ANSWER is a line of JSON: what is required, and the name of what was built; or the names of hooks.
"""

import importlib
import json
import os
import sys

HOOKS = ["build_wheel", "build_sdist", "build_editable"]


def main():
    answer_path, kind, out, known, name = sys.argv[1:6]
    paths = sys.argv[6:]
    # A setup.py finds no words of ours.
    del sys.argv[1:]
    backend = load(name, paths)
    if kind == "hooks":
        # As pyproject-hooks asks: an optional hook is an attribute that is there or not.
        write(answer_path, hooks=[hook for hook in HOOKS if hasattr(backend, hook)])
        return
    if known != "known":
        # A backend that lies in the project is its code, and has been run.
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
    """Sees whether a process is still as good as new to a hook of a build backend."""

    def __init__(self, project, ran_project):
        self._project = os.path.join(project, "")
        self._has_read = False
        # A setup.py is run whatever it is asked.
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
            # Generated code has such a name, and so has text that was read from a file.
            self._ran_project = self._has_read if name.startswith("<") else self._is_own(name)
        elif event == "open" and isinstance(arguments[0], str) and arguments[0].endswith(".py"):
            self._has_read = self._has_read or self._is_own(arguments[0])

    def _is_own(self, path):
        return os.path.abspath(path).startswith(self._project)


def shared_state():
    return dict(os.environ), os.getcwd(), list(sys.path), list(sys.argv)


def load(name, paths):
    """The backend: a module, or an attribute of one; from `paths`, when there are any."""
    sys.path[:0] = paths
    module_name, _, attributes = name.partition(":")
    backend = importlib.import_module(module_name)
    if paths and not is_below(getattr(backend, "__file__", None) or "", paths):
        raise ImportError("%r is not in the backend-path %s" % (module_name, ", ".join(paths)))
    for attribute in filter(None, attributes.split(".")):
        backend = getattr(backend, attribute)
    return backend


def is_below(place, directories):
    # Not resolved: a link in the project may lead elsewhere.
    place = os.path.abspath(place)
    return any(place.startswith(os.path.join(os.path.abspath(one), "")) for one in directories)


def write(path, **answer):
    with open(path, "w", encoding="ascii") as file:
        json.dump(answer, file)


if __name__ == "__main__":
    main()
