"""Runs in the interpreter under test: asks it questions and writes one JSON line an answer.

Standard library only, and syntax as old as 3.7. Called as

    python -I _inside.py QUESTION REQUEST.json ANSWERS.jsonl

The request is a list of subjects; each answer is written before the next subject is
tried, so whoever reads the answers knows which subject ended the process. Answers go to a
file, because standard output belongs to the code under test.
"""

import json
import sys


def main():
    question, request_path, answers_path = sys.argv[1:4]
    # The code under test sees a plain interpreter.
    del sys.argv[1:]
    sys.argv[0] = ""
    with open(request_path, encoding="utf-8") as file:
        subjects = json.load(file)
    ask = QUESTIONS[question]
    # Kept, for the code under test may replace what it finds in modules.
    dumps, write = json.dumps, open
    for subject in subjects:
        try:
            answer = ask(subject)
        except BaseException as error:  # SystemExit and KeyboardInterrupt are answers too
            answer = {"error": describe(error)}
        with write(answers_path, "a", encoding="utf-8") as file:
            file.write(dumps(answer) + "\n")


def describe(error):
    import importlib
    import traceback

    # Begin where the code under test does: our own frames explain nothing.
    frames = error.__traceback__
    while frames and frames.tb_frame.f_code.co_filename in (__file__, importlib.__file__):
        frames = frames.tb_next
    lines = traceback.format_exception(type(error), error, frames)
    described = {
        "type": type(error).__name__,
        "message": str(error),
        "traceback": "".join(lines)[-4000:],
    }
    if isinstance(error, ImportError):
        described["missing"] = error.name
    if isinstance(error, SystemExit):
        described["exit"] = repr(error.code)
    return described


def facts(packaging_parent):
    import platform
    import sysconfig

    # Only to read the tags; nothing else of that directory is imported.
    sys.path.insert(0, packaging_parent)
    try:
        from packaging import tags

        found = [str(tag) for tag in tags.sys_tags()]
    finally:
        sys.path.remove(packaging_parent)
    return {
        "version": platform.python_version(),
        "implementation": platform.python_implementation(),
        "executable": sys.executable,
        "prefix": sys.prefix,
        "platform": platform.platform(),
        "tags": found,
        "paths": sysconfig.get_paths(),
    }


def import_module(name):
    import importlib

    module = importlib.import_module(name)
    # A module may replace itself by anything: only strings are places.
    places = [getattr(module, "__file__", None)]
    if not isinstance(places[0], str):
        try:
            places = list(getattr(module, "__path__", []))
        except TypeError:
            places = []
    return {"places": [place for place in places if isinstance(place, str)]}


def load_entry_point(value):
    import importlib

    module_name, _, attributes = value.partition(":")
    loaded = importlib.import_module(module_name.strip())
    for attribute in filter(None, attributes.strip().split(".")):
        loaded = getattr(loaded, attribute)
    return {"callable": callable(loaded), "type": type(loaded).__name__}


def compile_file(path):
    import warnings

    with open(path, "rb") as file:
        content = file.read()
    warnings.simplefilter("ignore")
    try:
        compile(content, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        return {"problem": "%s: %s" % (type(error).__name__, error), "line": line}
    return {}


def distribution(name):
    try:
        from importlib import metadata
    except ImportError:
        return {"version": None}
    return {"version": metadata.version(name)}


QUESTIONS = {
    "facts": facts,
    "import": import_module,
    "entry point": load_entry_point,
    "compile": compile_file,
    "distribution": distribution,
}

if __name__ == "__main__":
    main()
