"""Files that code takes for optional: it asks whether they exist, or handles that they do not."""

import ast

from .endings import CATCH_FILES, goes_on, own_function
from .path_words import ASKERS
from .syntax import last_name, targets_of, walk


def optional_parts(text, conditions):
    """The expressions (by identity) in a module's text that name files which need not exist."""
    found = set()
    everywhere = bindings_of(text.tree)
    functions = [one for one in walk(text.tree) if isinstance(one, ast.FunctionDef)]
    for scope in [text.tree, *functions]:
        here = everywhere if scope is text.tree else bindings_of(scope)
        for node in walk(scope):
            if not isinstance(node, ast.Call):
                continue
            if asks(node):
                owner = node.func.value if isinstance(node.func, ast.Attribute) else None
                parts = [*node.args, *([] if owner is None else [owner])]
            else:
                function, _ = own_function(node.func, conditions)
                takes = function is not None and tolerates(function)
                parts = [*node.args, *(one.value for one in node.keywords)] if takes else []
            for part in parts:
                note(part, (here, everywhere), found)
        # Other uses of the same names.
        for node in walk(scope):
            values = here.get(getattr(node, "id", ""), ())
            if values and all(id(value) in found for value in values):
                found.add(id(node))
    return found


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


def tolerates(function):
    """Whether a function goes on when a file that it is given does not exist."""
    parts = [*walk(function)]
    return goes_on(function) and any(
        asks(part)
        or (isinstance(part, ast.ExceptHandler) and handles(part.type))
        or (isinstance(part, ast.Call) and last_name(part.func) == "suppress")
        for part in parts
    )


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
