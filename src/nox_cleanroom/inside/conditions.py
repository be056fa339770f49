"""The value of a condition, as far as it is known without running it."""

import ast
import os
import sys

from .locating import find
from .standard_library import is_known, lacks
from .syntax import key_of


class Unknown(Exception):
    """An expression whose value is not known without running it."""


VERSION = tuple(sys.version_info)
KNOWN_VALUES = {
    "sys.version_info": VERSION,
    "version_info": VERSION,
    "sys.version_info.major": VERSION[0],
    "sys.version_info.minor": VERSION[1],
    "sys.hexversion": sys.hexversion,
    "sys.platform": sys.platform,
    "platform": sys.platform,
    "os.name": os.name,
    "os.sep": os.sep,
    "sys.implementation.name": sys.implementation.name,
    "sys.builtin_module_names": sys.builtin_module_names,
    "six.PY2": False,
    "six.PY3": True,
    "PY2": False,
    "PY3": True,
}
# The values of the module `platform`; loading it takes as long as reading a module.
SYSTEMS = {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}
IMPLEMENTATIONS = {"cpython": "CPython", "pypy": "PyPy"}
KNOWN_CALLS = {
    "platform.system": SYSTEMS.get(sys.platform),
    "platform.python_implementation": IMPLEMENTATIONS.get(sys.implementation.name),
    "platform.python_version": "%d.%d.%d" % VERSION[:3],
    "platform.python_version_tuple": tuple(map(str, VERSION[:3])),
}
#: Calls that find a module, or do not.
FINDERS = {"importlib.util.find_spec", "find_spec", "pkgutil.find_loader", "importlib.find_loader"}
#: Methods of known texts and sequences.
METHODS = {"lower", "upper", "casefold", "strip", "startswith", "endswith", "split", "partition"}
COMPARE = {
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
    ast.Is: lambda a, b: a is b,
    ast.IsNot: lambda a, b: a is not b,
}


def name_parts(node):
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        return name_parts(node.value) + [node.attr]
    return ["?"]


class Conditions:
    """Evaluates expressions about the interpreter and the platform, in the text of a module.

    `values` holds the known values of the module's own names.
    """

    def __init__(self, text=None, depth=0):
        self.text = text
        self.depth = depth
        self.values = {}
        if text is not None:
            self.values = {"__name__": text.name, "__package__": text.package}

    def value(self, node):
        """The value of an expression about the interpreter or the platform; else `Unknown`."""
        evaluate = getattr(self, "_" + type(node).__name__.lower(), None)
        if evaluate is None:
            raise Unknown
        try:
            return evaluate(node)
        except (TypeError, IndexError, KeyError, ValueError, AttributeError):
            raise Unknown

    def of(self, text):
        """The conditions of another module's text."""
        return Conditions(text, self.depth + 1)

    def dotted(self, node):
        """The full dotted name of an expression, with the module's imports resolved."""
        parts = name_parts(node)
        if self.text is not None and parts[0] in self.text.imported:
            parts[0] = self.text.imported[parts[0]]
        return ".".join(parts)

    def _constant(self, node):
        return node.value

    def _joinedstr(self, node):
        return "".join(map(self._piece, node.values))

    def _piece(self, node):
        if isinstance(node, ast.FormattedValue):
            if node.format_spec is not None or node.conversion != -1:
                raise Unknown
            return str(self.value(node.value))
        return self.value(node)

    def _binop(self, node):
        left, right = self.value(node.left), self.value(node.right)
        if not (isinstance(left, str) and isinstance(right, str)):
            raise Unknown
        if isinstance(node.op, ast.Mod):
            return left % right
        if not isinstance(node.op, ast.Add):
            raise Unknown
        return left + right

    def _tuple(self, node):
        return tuple(self.value(part) for part in node.elts)

    _list = _set = _tuple

    def _unaryop(self, node):
        if isinstance(node.op, ast.USub):
            return -self.value(node.operand)
        if not isinstance(node.op, ast.Not):
            raise Unknown
        return not self.value(node.operand)

    def _ifexp(self, node):
        return self.value(node.body if self.value(node.test) else node.orelse)

    def _boolop(self, node):
        unknown = False
        decisive = isinstance(node.op, ast.Or)
        for part in node.values:
            try:
                value = self.value(part)
            except Unknown:
                unknown = True
                continue
            if bool(value) is decisive:
                # The value itself counts only where all parts before it are known.
                return decisive if unknown else value
        if unknown:
            raise Unknown
        return value

    def _compare(self, node):
        left, right = self.value(node.left), self.value(node.comparators[0])
        compare = COMPARE.get(type(node.ops[0]))
        if compare is None or len(node.ops) > 1:
            raise Unknown
        return compare(left, right)

    def _subscript(self, node):
        index = key_of(node)
        if isinstance(index, ast.Slice):
            low = self.value(index.lower) if index.lower else None
            high = self.value(index.upper) if index.upper else None
            return self.value(node.value)[low:high]
        return self.value(node.value)[self.value(index)]

    def _name(self, node):
        if node.id in self.values:
            return self.values[node.id]
        return self._named(node)

    def _attribute(self, node):
        return self._named(node)

    def _named(self, node):
        dotted = self.dotted(node)
        if dotted.rpartition(".")[2] == "TYPE_CHECKING":
            return False
        if KNOWN_VALUES.get(dotted) is not None:
            return KNOWN_VALUES[dotted]
        return self._elsewhere(dotted, "assigned", lambda inner, found: inner.value(found))

    def _call(self, node):
        dotted = self.dotted(node.func)
        if KNOWN_CALLS.get(dotted) is not None:
            return KNOWN_CALLS[dotted]
        if dotted in FINDERS:
            return None if find(self.value(node.args[0])) is None else True
        if dotted == "hasattr":
            return self._has_attribute(self.dotted(node.args[0]), self.value(node.args[1]))
        if dotted in ("bool", "tuple", "len", "int", "str") and len(node.args) == 1:
            return {"bool": bool, "tuple": tuple, "len": len, "int": int, "str": str}[dotted](
                self.value(node.args[0])
            )
        if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            arguments = [self.value(one) for one in node.args]
            return getattr(self.value(node.func.value), node.func.attr)(*arguments)
        return self._elsewhere(dotted, "functions", call_of_one_expression)

    def _has_attribute(self, module, name):
        if module in ("sys", "os"):
            return hasattr(sys.modules[module], name)
        if is_known(module) and find(module) is not None and lacks(module, name):
            return False
        raise Unknown

    def _elsewhere(self, dotted, kind, evaluate):
        """The value of a module-level name, of this module or another of the wheel."""
        if self.text is None or self.depth > 5:
            raise Unknown
        module, _, name = dotted.rpartition(".")
        text = self.text.other(module) if module else self.text
        found = getattr(text, kind, {}).get(name)
        if found is None:
            raise Unknown
        return evaluate(Conditions(text, self.depth + 1), found)


def call_of_one_expression(conditions, function):
    """The value of a function that only returns an expression."""
    body = [one for one in getattr(function, "body", []) if not is_docstring(one)]
    if not isinstance(function, ast.FunctionDef) or len(body) != 1:
        raise Unknown
    if not isinstance(body[0], ast.Return) or body[0].value is None:
        raise Unknown
    return conditions.value(body[0].value)


def is_docstring(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
