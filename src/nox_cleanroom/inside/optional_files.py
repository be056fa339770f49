"""Files that code takes for optional: it asks whether they exist, or handles that they do not."""

import ast
from functools import lru_cache

from .endings import CATCH_FILES, goes_on, own_function
from .locating import OWN, top_of
from .path_words import ASKERS
from .syntax import last_name, targets_of, walk

#: Without one of these words, no function goes on without a file.
WORDS = {b"except", b"exists", b"is_file", b"isfile", b"is_dir", b"isdir", b"access", b"suppress"}


@lru_cache(maxsize=None)
def optional_parts(text, conditions):
    """The expressions (by identity) in a module's text that name files which need not exist."""
    asking = {}
    for node in walk(text.tree):
        if isinstance(node, ast.Call):
            parts = parts_in_question(node, text, conditions)
            if parts:
                asking[id(node)] = node.lineno, parts
    found = set()
    if not asking:
        return found
    everywhere = bindings_of(text.tree)
    lines = {line for line, _ in asking.values()}
    functions = [
        one
        for one in walk(text.tree)
        if isinstance(one, ast.FunctionDef)
        # Before Python 3.8, a function does not know its last line.
        and any(one.lineno <= line <= getattr(one, "end_lineno", line) for line in lines)
    ]
    for scope in [text.tree, *functions]:
        nodes = [*walk(scope)]
        inside = [part for node in nodes for part in asking.get(id(node), (0, ()))[1]]
        here = everywhere if scope is text.tree else bindings_of(scope) if inside else {}
        for part in inside:
            note(part, (here, everywhere), found)
        # Other uses of the same names.
        for node in nodes if inside else ():
            values = here.get(getattr(node, "id", ""), ())
            if values and all(id(value) in found for value in values):
                found.add(id(node))
    return found


def parts_in_question(call, text, conditions):
    """The parts of a call that name files which need not exist."""
    if asks(call):
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        return [*call.args, *([] if owner is None else [owner])]
    first = call.func
    while isinstance(first, ast.Attribute):
        first = first.value
    name = getattr(first, "id", "")
    if name in text.functions or top_of(text.imported.get(name, "")) in OWN:
        function, other = own_function(call.func, conditions)
        if function is not None and other.says_any(WORDS) and tolerates(function):
            return [*call.args, *(one.value for one in call.keywords)]
    return []


def note(part, bindings, found, depth=0):
    """Note an expression, and those that its names are bound to."""
    for node in walk(part):
        found.add(id(node))
        names = [
            getattr(node, "id", ""),
            "." + getattr(node, "attr", ""),
            getattr(node, "attr", ""),
        ]
        values = next((one[name] for name in names for one in bindings if name in one), ())
        for value in values if depth < 4 else ():
            if id(value) not in found:
                note(value, bindings, found, depth + 1)


def bindings_of(scope):
    """What names, and the attributes of objects, are bound to or run through, by name."""
    found = {}
    for node in walk(scope):
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            pairs = [(one, node.value) for one in targets_of(node)]
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
            pairs = [(node.target, node.iter)]
        elif type(node).__name__ == "NamedExpr":
            pairs = [(node.target, node.value)]
        elif isinstance(node, ast.arguments):
            given = [*node.args, *node.kwonlyargs]
            values = [*node.defaults, *node.kw_defaults]
            pairs = [(ast.Name(id=one.arg), value) for one, value in zip(given[::-1], values[::-1])]
        else:
            continue
        for target, value in pairs:
            name = getattr(target, "id", "")
            if isinstance(target, ast.Attribute):
                name = "." + target.attr
            if name and value is not None:
                found.setdefault(name, []).append(value)
    return found


def asks(node):
    """Whether a call asks about a file."""
    return isinstance(node, ast.Call) and last_name(node.func) in ASKERS


@lru_cache(maxsize=None)
def tolerates(function):
    """Whether a function goes on when a file that it is given does not exist."""
    parts = [*walk(function)]
    return goes_on(function) and any(
        asks(part)
        or (isinstance(part, ast.ExceptHandler) and handles(part.type))
        or suppresses(part)
        for part in parts
    )


def suppresses(node):
    """Whether a call is `suppress` with an exception for files that do not exist."""
    is_suppress = isinstance(node, ast.Call) and last_name(node.func) == "suppress"
    return is_suppress and any(map(handles, node.args))


def handles(kind):
    """Whether a handler is for files that do not exist, judged by the name of its exception."""
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(one is None or last_name(one) in CATCH_FILES for one in kinds)


def asks_about_files(test, text):
    """Whether a condition depends on a file, by a call in it or in the value of one of its names."""
    for part in walk(test):
        if asks(part):
            return True
        value = text.assigned.get(getattr(part, "id", ""))
        if value is not None and any(map(asks, walk(value))):
            return True
    return False
