"""Answers questions in its interpreter, one line per answer.

It imports almost nothing, so the code under test sees a plain interpreter, and our imports do not
hide an import that this code lacks. Usage:

    python -I answering.py REQUEST ANSWERS

The request is a series of questions, each followed by its subject, and each string ends with a NUL.
An answer is a literal. Each answer is written before the next subject is tried, so the reader of
the answers knows which subject ended the process. Answers go to a file, because standard output
belongs to the code under test.
"""

import os
import sys


def main():
    request_path, answers_path = sys.argv[1:3]
    # The code under test must see a plain interpreter.
    del sys.argv[1:]
    sys.argv[0] = ""
    with open(request_path, encoding="utf-8", errors="surrogateescape", newline="") as file:
        words = file.read().split("\0")[:-1]
    # Keep these functions, because the code under test may replace attributes of modules.
    literal, write = ascii, open
    for question, subject in zip(words[::2], words[1::2]):
        try:
            answer = QUESTIONS[question](subject)
        except BaseException as error:  # SystemExit and KeyboardInterrupt are answers, too
            answer = {"error": describe(error)}
        with write(answers_path, "a", encoding="ascii") as file:
            file.write(literal(plain(answer)) + "\n")


def plain(value):
    """A value of built-in types only: the code under test may return a `str` with its own `repr`."""
    if isinstance(value, dict):
        return {plain(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, str):
        return "".join([value])
    return value if value is None or type(value) is bool else None


def describe(error):
    import traceback

    # Begin with the code under test, because our own frames explain nothing.
    frames = error.__traceback__
    while frames and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    try:
        message = str(error)
        lines = traceback.format_exception(type(error), error, frames)
    except BaseException as another:  # its own `__str__` may do anything, or fail
        message = "(its text cannot be shown: %s)" % type(another).__name__
        lines = traceback.format_tb(frames)
    described = {
        "type": type(error).__name__,
        "message": message,
        "traceback": "".join(lines)[-4000:],
    }
    if type(error).__module__ != "builtins":
        described["class_of"] = type(error).__module__
    if isinstance(error, ImportError):
        described["missing"] = error.name
    if isinstance(error, FileNotFoundError) and isinstance(error.filename, str):
        if error.filename.startswith(sys.prefix):
            described["file"] = error.filename
    if isinstance(error, KeyError) and innermost(error) == "os.py" and error.args:
        described["variable"] = str(error.args[0])
    if isinstance(error, SystemExit):
        described["exit"] = repr(error.code)
    return described


def innermost(error):
    """The name of the file whose code raised an exception."""
    frames = error.__traceback__
    while frames is not None and frames.tb_next is not None:
        frames = frames.tb_next
    return os.path.basename(frames.tb_frame.f_code.co_filename) if frames is not None else ""


class SideEffects:
    """An audit hook that notes the side effects of importing one package (PEP 578)."""

    def __init__(self, top):
        self.wrote = []
        self.started = []
        self._getframe = sys._getframe
        self._home = os.path.expanduser("~")
        self._temporary = os.environ.get("TMPDIR", "/tmp")
        self._writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT
        self._fspath, self._abspath = os.fsdecode, os.path.abspath
        self._basename = os.path.basename
        self._in_package = (os.sep + top + os.sep, os.sep + top + ".py")

    def __call__(self, event, arguments):
        if event == "open":
            path, mode, flags = arguments
            writes = any(sign in mode for sign in "wax+") if mode else flags & self._writing
            if writes and isinstance(path, (str, bytes)) and self._is_own():
                self._note_path(self._fspath(path))
        elif event == "os.mkdir" and self._is_own():
            self._note_path(self._fspath(arguments[0]))
        elif event in ("subprocess.Popen", "os.system", "os.posix_spawn") and self._is_own():
            self._note_process(event, arguments)

    def _is_own(self):
        """Whether the package itself acts, rather than a package that it uses."""
        frame = self._getframe(2)
        while frame is not None:
            name = frame.f_code.co_filename
            if "site-packages" in name or "dist-packages" in name:
                return any(sign in name for sign in self._in_package)
            frame = frame.f_back
        return False

    def _note_path(self, path):
        path = self._abspath(path)
        if path.startswith((self._temporary, "/dev/")) or "__pycache__" in path:
            # The scratch home may lie in a directory for temporary files.
            if not path.startswith(self._home):
                return
        shown = path.replace(self._home, "~").replace(sys.prefix, "<environment>")
        if shown not in self.wrote and len(self.wrote) < 50:
            self.wrote.append(shown)

    def _note_process(self, event, arguments):
        command = arguments[1] if event == "subprocess.Popen" else arguments[0]
        words = command if isinstance(command, (list, tuple)) else [command]
        # The directory of a program on this machine does not matter.
        shown = " ".join(self._basename(self._fspath(str(word))) for word in words)
        if len(shown) > 120:
            # Cut between words only, because half a secret would not be redacted.
            shown = shown[:120].rpartition(" ")[0]
        if shown not in self.started and len(self.started) < 50:
            self.started.append(shown)


def facts(packaging_parent):
    import platform
    import sysconfig

    return {
        "version": platform.python_version(),
        "implementation": platform.python_implementation(),
        "cache_tag": sys.implementation.cache_tag or "",
        "executable": sys.executable,
        "prefix": sys.prefix,
        "platform": platform.platform(),
        "tags": wheel_tags(packaging_parent),
        "extension_suffix": sysconfig.get_config_var("EXT_SUFFIX") or "",
        "system": sysconfig.get_platform(),
        "markers": markers(),
        "paths": sysconfig.get_paths(),
    }


def wheel_tags(packaging_parent):
    """The tags of wheels that can be installed; none where `packaging` cannot be imported."""
    # Only for this import; nothing else is imported from that directory.
    sys.path.insert(0, packaging_parent)
    try:
        from packaging import tags

        return [str(tag) for tag in tags.sys_tags()]
    except (ImportError, SyntaxError, TypeError, AttributeError):
        return []
    finally:
        sys.path.remove(packaging_parent)


def markers():
    """The values of the names in environment markers.

    (https://packaging.python.org/en/latest/specifications/dependency-specifiers/)
    """
    import platform

    about = sys.implementation.version
    stage = "" if about.releaselevel == "final" else "%s%s" % (about.releaselevel[0], about.serial)
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": "%s.%s.%s%s" % (about[0], about[1], about[2], stage),
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
    }


def import_module(name):
    witness = SideEffects(name.partition(".")[0])
    if hasattr(sys, "addaudithook"):
        sys.addaudithook(witness)
    module = load(name)
    # A module may replace itself with any object, so only strings count as paths.
    places = [getattr(module, "__file__", None)]
    if not isinstance(places[0], str):
        try:
            places = list(getattr(module, "__path__", []))
        except TypeError:
            places = []
    version = getattr(module, "__dict__", {}).get("__version__")
    return {
        "version": version if isinstance(version, str) else None,
        "places": [place for place in places if isinstance(place, str)],
        "wrote": witness.wrote,
        "started": witness.started,
    }


def load(name):
    """The module that an import statement would find."""
    top = __import__(name)
    return sys.modules.get(name, top)


def load_entry_point(value):
    module_name, _, attributes = value.partition(":")
    loaded = load(module_name.strip())
    for attribute in filter(None, attributes.strip().split(".")):
        loaded = getattr(loaded, attribute)
    return {
        "callable": callable(loaded),
        "type": type(loaded).__name__,
        "demands": demanded_arguments(loaded),
        "coroutine": is_coroutine_function(loaded),
    }


def is_coroutine_function(function):
    """Whether a call of a plain function only makes a coroutine."""
    code = getattr(function, "__code__", None)
    # CO_COROUTINE and CO_ASYNC_GENERATOR (https://docs.python.org/3/library/inspect.html)
    return type(function).__name__ == "function" and bool(code.co_flags & (0x80 | 0x200))


def demanded_arguments(function):
    """The names of the arguments that a plain function requires."""
    code = getattr(function, "__code__", None)
    if type(function).__name__ != "function" or code is None or hasattr(function, "__wrapped__"):
        return []
    positional = code.co_varnames[: code.co_argcount]
    by_name = code.co_varnames[code.co_argcount :][: code.co_kwonlyargcount]
    given = len(function.__defaults__ or ())
    demanded = list(positional[: len(positional) - given])
    return demanded + [name for name in by_name if name not in (function.__kwdefaults__ or {})]


QUESTIONS = {
    "facts": facts,
    "import": import_module,
    "entry point": load_entry_point,
}

if __name__ == "__main__":
    main()
