"""The words of code about paths."""

import ast

from .syntax import walk

#: Functions and methods that give the same path back, in another form.
SAME = {"abspath", "realpath", "normpath", "fspath", "str", "expanduser", "resolve", "absolute"}
SAME |= {"as_posix", "normcase", "as_file", "__str__", "strict"}
MAKERS = {"Path", "PurePath", "PosixPath", "PurePosixPath"}
#: Functions and methods that ask whether there is a file; such a file is optional.
ASKERS = {"exists", "isfile", "isdir", "is_file", "is_dir", "lexists", "resource_exists", "access"}
#: Functions that read a file at once.
READERS = {
    "open",
    "read",
    "load",
    "loads",
    "listdir",
    "scandir",
    "walk",
    "copy",
    "copyfile",
    "copytree",
}
READERS |= {"CDLL", "read_csv", "loadtxt", "fileConfig", "load_source"}
#: Methods that make a file.
WRITERS = {"write_text", "write_bytes", "mkdir", "touch", "unlink"}
#: Functions of a package and the name of a file in it.
OF_PACKAGES = {"get_data", "read_text", "read_binary", "open_text", "open_binary", "path"}
OF_PACKAGES |= {"resource_filename", "resource_string", "resource_stream", "resource_listdir"}
PREFIXES = {"sys.prefix", "sys.exec_prefix", "sys.base_prefix"}


def names_of(node):
    return {part.id for part in walk(node) if isinstance(part, ast.Name)}


def returned(function):
    """The expression that a function returns, if that is all it may return."""
    body = getattr(function, "body", None)
    if not isinstance(function, ast.FunctionDef) or not body:
        return None
    count = sum(isinstance(part, ast.Return) for part in walk(function))
    return body[-1].value if isinstance(body[-1], ast.Return) and count == 1 else None


def is_writing(call):
    """Whether a call opens its file for writing."""
    modes = [one for one in call.args[1:2] if isinstance(one, ast.Constant)]
    modes += [one.value for one in call.keywords if one.arg == "mode"]
    texts = [one.value for one in modes if isinstance(getattr(one, "value", None), str)]
    return any(set(text) & set("wax") and set(text) <= set("rwabxt+") for text in texts)
