"""The paths that expressions make, as far as their text shows them."""

import ast
import os
import sys

from .conditions import Conditions, Unknown
from .locating import OWN, find, top_of
from .path_words import MAKERS, OF_PACKAGES, PREFIXES, SAME, names_of, returned
from .syntax import key_of, last_name


class PathValues:
    """Evaluates the paths of a reader's code; an unknown part of a path is a ``*``."""

    def __init__(self, reader):
        self.reader = reader
        #: What the names of functions are bound to, by the scope and the name.
        self.known = {}

    def value(self, node, scope, depth=0):
        """The path that an expression makes; None when it is unknown, or no place is known."""
        if depth > 8:
            return None
        if isinstance(node, ast.Name):
            return self.named(node, scope, depth)
        if isinstance(node, ast.Attribute):
            return self.attribute(node, scope, depth)
        if type(node).__name__ == "NamedExpr":
            return self.value(node.value, scope, depth + 1)
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Div, ast.Add)):
            left = self.value(node.left, scope, depth + 1)
            if left is None:
                return None
            if isinstance(node.op, ast.Add):
                return left + self.piece(node.right, scope)
            return os.path.join(left, self.part(node.right, scope) or "*")
        if isinstance(node, ast.Subscript):
            return self.above(node, scope, depth)
        if isinstance(node, ast.JoinedStr) and node.values:
            first = node.values[0]
            if isinstance(first, ast.FormattedValue):
                start = self.value(first.value, scope, depth + 1)
                if start is not None:
                    return start + "".join(self.piece(one, scope) for one in node.values[1:])
            return None
        return self.call(node, scope, depth) if isinstance(node, ast.Call) else None

    def named(self, node, scope, depth):
        if node.id == "__file__":
            return self.reader.text.path
        inner = scope
        while inner:
            if (inner, node.id) in self.known:
                found = self.known[inner, node.id]
                # A name that is bound to itself, or twice, is not followed.
                is_simple = found is not None and node.id not in names_of(found)
                return self.value(found, inner, depth + 1) if is_simple else None
            inner = inner.rpartition(".")[0]
        text = self.reader.text
        if node.id in text.assigned:
            return self.value(text.assigned[node.id], "", depth + 1)
        return self.elsewhere(text.imported.get(node.id, ""), "assigned", depth)

    def elsewhere(self, dotted, kind, depth):
        """The path that another module of the wheel gives a name, or returns from a function."""
        module, _, name = dotted.rpartition(".")
        text = self.reader.text.other(module) if module else None
        node = getattr(text, kind, {}).get(name) if text is not None else None
        if kind == "functions":
            node = returned(node)
        if node is None:
            return None
        return PathValues(_Elsewhere(text)).value(node, "", depth + 1)

    def attribute(self, node, scope, depth):
        if node.attr == "parent":
            below = self.value(node.value, scope, depth + 1)
            return os.path.dirname(below) if below else None
        dotted = self.reader.conditions.dotted(node)
        if dotted in PREFIXES:
            return sys.prefix
        if node.attr == "__file__":
            module = self.reader.conditions.dotted(node.value)
            if top_of(module) in OWN and find(module) is not None:
                return find(module).origin
            is_self = isinstance(node.value, ast.Subscript) and last_name(node.value.value)
            return self.reader.text.path if is_self == "modules" else None
        return self.elsewhere(dotted, "assigned", depth)

    def above(self, node, scope, depth):
        """The path of ``path.parents[2]``, ``os.path.split(path)[0]`` or ``__file__[:-3]``."""
        if isinstance(key_of(node), ast.Slice):
            below = self.value(node.value, scope, depth + 1)
            end = getattr(key_of(node), "upper", None)
            try:
                return below[: self.reader.conditions.value(end)] if below and end else None
            except (Unknown, TypeError):
                return None
        try:
            index = self.reader.conditions.value(key_of(node))
        except Unknown:
            return None
        if not isinstance(index, int):
            return None
        if isinstance(node.value, ast.Attribute) and node.value.attr == "parents":
            below = self.value(node.value.value, scope, depth + 1)
            for _ in range(index + 1):
                below = os.path.dirname(below) if below else None
            return below
        before = {"split": os.path.dirname, "splitext": lambda path: os.path.splitext(path)[0]}
        name = last_name(node.value.func) if isinstance(node.value, ast.Call) else ""
        if name in before and not index and node.value.args:
            below = self.value(node.value.args[0], scope, depth + 1)
            return before[name](below) if below else None
        return None

    def call(self, node, scope, depth):
        name, arguments = last_name(node.func), node.args
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        if name == "files":
            return self.package(arguments, scope)
        if name == "PackageLoader" and arguments:
            base = self.package(arguments, scope)
            given = [one.value for one in node.keywords if one.arg == "package_path"]
            inner = (arguments[1:2] + given + [ast.Constant(value="templates")])[0]
            return os.path.join(base, self.part(inner, scope) or "*") if base else None
        if name in OF_PACKAGES and len(arguments) > 1 and "." in self.dotted_call(node):
            return self.in_package(node, scope)
        if name == "dirname" and arguments:
            below = self.value(arguments[0], scope, depth + 1)
            return os.path.dirname(below) if below else None
        if name in SAME:
            if arguments:
                return self.value(arguments[0], scope, depth + 1)
            return self.value(owner, scope, depth + 1) if owner is not None else None
        if name in MAKERS or name == "join":
            return self.joined(arguments, scope, depth)
        if name in ("replace", "joinpath", "with_name", "with_suffix") and owner is not None:
            return self.changed(name, self.value(owner, scope, depth + 1), arguments, scope)
        if isinstance(node.func, ast.Name) and not arguments:
            found = returned(self.reader.text.functions.get(name))
            if found is not None:
                return self.value(found, name, depth + 1)
        if not arguments:
            dotted = self.reader.conditions.dotted(node.func)
            return self.elsewhere(dotted, "functions", depth)
        return None

    def changed(self, name, base, arguments, scope):
        """The path that a method makes of another path."""
        parts = [self.part(one, scope) for one in arguments]
        if base is None or not parts or None in parts:
            return None
        if name == "replace":
            old, new = map(self.text_of, arguments[:2]) if len(arguments) > 1 else ("", "")
            return base.replace(old, new) if old else None
        if name == "with_name":
            base = os.path.dirname(base)
        elif name == "with_suffix":
            return os.path.splitext(base)[0] + parts[0]
        return os.path.join(base, *parts)

    def text_of(self, node):
        """The text that an expression is; empty when it is unknown."""
        piece = self.piece(node, "")
        return "" if "*" in piece else piece

    def dotted_call(self, node):
        return self.reader.conditions.dotted(node.func)

    def joined(self, arguments, scope, depth):
        base = self.value(arguments[0], scope, depth + 1) if arguments else None
        parts = [self.part(one, scope) for one in arguments[1:]]
        return None if base is None or None in parts else os.path.join(base, *parts)

    def in_package(self, node, scope):
        base = self.package(node.args, scope)
        inner = self.part(node.args[1], scope) if node.args[1:] else None
        return os.path.join(base, inner) if base and inner else None

    def package(self, arguments, scope):
        """The directory of a package that is given by its name, or as a module."""
        text = self.reader.text
        name = text.package
        if arguments:
            try:
                name = self.reader.conditions.value(arguments[0])
            except Unknown:
                name = self.reader.conditions.dotted(arguments[0])
        if not isinstance(name, str) or top_of(name) not in OWN:
            return None
        found, below = find(name), []
        while found is None and "." in name:
            # What is not installed has a place all the same.
            name, _, last = name.rpartition(".")
            found, below = find(name), [last] + below
        if found is None:
            return None
        places = list(found.submodule_search_locations or [])
        base = places[0] if places else os.path.dirname(found.origin or "")
        return os.path.join(base, *below) if base else None

    def part(self, node, scope):
        """A part of a path, with a ``*`` for what is unknown; None for a series of parts."""
        if isinstance(node, ast.Starred):
            return None
        piece = self.piece(node, scope)
        return "*" if os.path.isabs(piece) else piece

    def piece(self, node, scope):
        """A piece of a text, with a ``*`` for what is unknown."""
        if isinstance(node, ast.JoinedStr):
            return "".join(self.piece(one, scope) for one in node.values)
        if isinstance(node, ast.FormattedValue):
            return self.piece(node.value, scope)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self.piece(node.left, scope) + self.piece(node.right, scope)
        try:
            value = self.reader.conditions.value(node)
        except Unknown:
            return "*"
        return value if isinstance(value, str) else "*"


class _Elsewhere:
    """Stands for the reader of another module, of which only the text is used."""

    def __init__(self, text):
        self.text = text
        self.conditions = Conditions(text)
        self.caught = frozenset()
