"""Calls the hooks of a build backend (PEP 517), in the project's directory. Called as

    python -I building.py ANSWER KIND OUT KNOWN BACKEND [PATH ...]

KIND is ``wheel`` or ``sdist``, and OUT the directory that it goes to. Unless KNOWN is ``known``, the
backend is asked first what else that build requires: ANSWER says so, and nothing is built when that is
anything. Where a process can be forked, the question is put in a child, which shares nothing with
the build but the imported backend; elsewhere nothing is built after a question either, and the
build is a call of its own. So no hook runs where another has run before, as PEP 517 wants it.
PATHs are the places of a backend that lies in the project (`backend-path`).

ANSWER is a line of JSON: what is required, and the name of what was built.
"""

import importlib
import json
import os
import sys
import traceback


def main():
    answer_path, kind, out, known, name = sys.argv[1:6]
    paths = sys.argv[6:]
    # A setup.py finds no words of ours.
    del sys.argv[1:]
    backend = load(name, paths)
    if known != "known":
        question = getattr(backend, "get_requires_for_build_" + kind, None)
        if question is not None:
            asked_aside = can_fork()
            ask = in_child if asked_aside else in_place
            ask(lambda: write(answer_path, requires=list(question(None))))
            if not asked_aside or read(answer_path)["requires"]:
                return
    build = getattr(backend, "build_" + kind)
    write(answer_path, requires=[], built=os.path.basename(build(out, None)))


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
    place = os.path.realpath(place)
    return any(place.startswith(os.path.join(os.path.realpath(one), "")) for one in directories)


def can_fork():
    """Whether a child would be sound: not beside threads, nor beside macOS's frameworks."""
    threading = sys.modules.get("threading")
    alone = threading is None or threading.active_count() == 1
    return hasattr(os, "fork") and sys.platform != "darwin" and alone


def in_place(act):
    act()


def in_child(act):
    """Act in a child of this process, and end as it does, unless it ends well."""
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            act()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            # What the backend has put off until the interpreter ends is the parent's to do.
            os._exit(status)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        os.kill(os.getpid(), os.WTERMSIG(status))
    if status:
        sys.exit(os.WEXITSTATUS(status))


def write(path, **answer):
    with open(path, "w", encoding="ascii") as file:
        json.dump(answer, file)


def read(path):
    with open(path, encoding="ascii") as file:
        return json.load(file)


if __name__ == "__main__":
    main()
