"""The value of a condition, as far as it is known without running it."""

import ast
import os
import sys


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
    "sys.implementation.name": sys.implementation.name,
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
}
COMPARE = {
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}


def name_parts(node):
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        return name_parts(node.value) + [node.attr]
    return ["?"]


class Conditions:
    """Evaluates expressions about the interpreter and the platform.

    `values` holds the known values of a module's own names.
    """

    def __init__(self):
        self.values = {}

    def value(self, node):
        """The value of an expression about the interpreter or the platform; else `Unknown`."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Tuple):
            return tuple(self.value(part) for part in node.elts)
        if isinstance(node, ast.Name) and node.id in self.values:
            return self.values[node.id]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return not self.value(node.operand)
        if isinstance(node, ast.BoolOp):
            return self.logic(node)
        if isinstance(node, ast.Compare):
            return self.comparison(node)
        if isinstance(node, ast.Subscript):
            return self.part(node)
        name = ".".join(name_parts(node.func if isinstance(node, ast.Call) else node))
        if isinstance(node, ast.Call) and name == "sys.platform.startswith" and node.args:
            return sys.platform.startswith(self.value(node.args[0]))
        if name.rpartition(".")[2] == "TYPE_CHECKING":
            return False
        known = KNOWN_CALLS if isinstance(node, ast.Call) else KNOWN_VALUES
        if known.get(name) is not None:
            return known[name]
        raise Unknown

    def logic(self, node):
        unknown = False
        decisive = isinstance(node.op, ast.Or)
        for part in node.values:
            try:
                if bool(self.value(part)) is decisive:
                    return decisive
            except Unknown:
                unknown = True
        if unknown:
            raise Unknown
        return not decisive

    def comparison(self, node):
        left, right = self.value(node.left), self.value(node.comparators[0])
        compare = COMPARE.get(type(node.ops[0]))
        if compare is None or len(node.ops) > 1:
            raise Unknown
        try:
            return compare(left, right)
        except TypeError:
            raise Unknown

    def part(self, node):
        index = node.slice
        if type(index).__name__ == "Index":  # before 3.9
            index = index.value
        try:
            if isinstance(index, ast.Slice):
                low = self.value(index.lower) if index.lower else None
                high = self.value(index.upper) if index.upper else None
                return self.value(node.value)[low:high]
            return self.value(node.value)[self.value(index)]
        except (TypeError, IndexError, KeyError):
            raise Unknown
