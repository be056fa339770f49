"""Code that gives a module names, or makes modules, that no statement shows."""

import ast

from .syntax import is_attribute, is_name, key_of, last_name, names_in, walk

#: Without one of these words, a module has no other names than those that its text binds.
DYNAMIC = {b"globals", b"vars(", b"locals(", b"exec(", b"modules", b"__path__"}
DYNAMIC |= {b"meta_path", b"path_hooks", b"_convert_", b"__dict__", b"setattr("}
#: Words of code that changes a `__path__`.
CHANGES = {b"append", b"insert", b"extend", b"extend_path"}


def note_dynamic_names(text):
    """Look for code that gives a module names, or makes modules, that no statement shows."""
    decorators = (one for node in text.functions.values() for one in node.decorator_list)
    # It may also be the value of a call, or come from another module (PEP 562).
    text.has_open_names = "__getattr__" in text.bound or any(
        _adds_names(text, one) for one in decorators
    )
    for node in walk(text.tree) if text.says_any(DYNAMIC) else ():
        if isinstance(node, ast.Call):
            _note_call(text, node)
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            if is_attribute(node.value, "sys", "modules"):
                # A module that replaces itself has any names; one that adds others, any below.
                text.has_open_names = True
                text.finds_modules |= not is_name(key_of(node))
            elif isinstance(node.value, ast.Call):
                text.has_open_names |= is_namespace_call(node.value)
            elif isinstance(node.value, ast.Attribute) and node.value.attr == "__dict__":
                text.has_open_names = True
        elif isinstance(node, ast.Name) and node.id == "__path__":
            changes = text.says_any(CHANGES)
            text.has_open_submodules |= changes or not isinstance(node.ctx, ast.Load)
        elif isinstance(node, ast.Attribute):
            text.finds_modules |= node.attr in ("meta_path", "path_hooks")
            # A module may get a class with properties (Python's reference, "Customizing module
            # attribute access").
            if node.attr == "__class__" and isinstance(node.ctx, ast.Store):
                text.has_open_names |= "modules" in names_in(node.value)


def _note_call(text, node):
    function = node.func
    method = function.attr if isinstance(function, ast.Attribute) else ""
    owner = function.value if method else None
    name = function.id if isinstance(function, ast.Name) else ""
    if name == "exec":
        # Code with a namespace of its own binds nothing here.
        inner = [one for one in node.args[1:] if not is_namespace_call(one)]
        text.has_open_names |= not inner
    elif name == "setattr" and node.args:
        text.has_open_names |= "modules" in names_in(node.args[0]) or _is_module(text, node)
    elif method in ("update", "setdefault", "__setitem__"):
        if is_attribute(owner, "sys", "modules"):
            text.has_open_names = text.finds_modules = True
        elif isinstance(owner, ast.Call):
            text.has_open_names |= is_namespace_call(owner)
        elif isinstance(owner, ast.Attribute) and owner.attr == "__dict__":
            # That of an object binds no name of the module.
            text.has_open_names |= getattr(owner.value, "id", "") not in ("self", "cls")
    elif method in ("_convert", "_convert_"):
        text.has_open_names = True
    elif any(is_namespace_call(one) for one in node.args):
        # Something else gets the namespace, and may add to it.
        text.has_open_names = True


def _is_module(text, call):
    """Whether a call of `setattr` is about a name that is bound to a module."""
    first = call.args[0]
    if not isinstance(first, ast.Name):
        return False
    value = text.assigned.get(first.id)
    return value is not None and "modules" in names_in(value)


def _adds_names(text, decorator):
    """Whether a decorator adds names to the module, judged by the decorator's own text."""
    function = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = last_name(function)
    if name == "global_enum":
        return True
    other, own = text, name
    if name in text.aliases:
        source, _, own = text.aliases[name].rpartition(".")
        other = text.other(source)
    found = other.functions.get(own) if other is not None else None
    signs = {"globals", "__globals__", "modules", "f_globals"}
    return found is not None and not signs.isdisjoint(names_in(found))


def is_namespace_call(node):
    """Whether an expression is the namespace of a module, as far as its text shows it."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("globals", "vars", "locals")
        and (not node.args or "modules" in names_in(node.args[0]))
    )
