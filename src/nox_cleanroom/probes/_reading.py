"""Runs in the interpreter under test: reads modules without running them.

Standard library only, and syntax as old as 3.7. Called as

    python -I _reading.py REQUEST ANSWERS

The request is ``read`` and a module's file, for each of the wheel's modules, each ended by a NUL;
an answer is a line of JSON.
`read` gives for a module's file whether it compiles, which modules of the same wheel it imports
and calls into, and which of its imports lead nowhere. What a condition on the version or the
platform, an `except ImportError` or `TYPE_CHECKING` keeps from being run here is not looked at.
"""

import ast
import gc
import importlib.util
import json
import os
import platform
import re
import sys
import warnings
from importlib.machinery import PathFinder

#: What means that a module may get attributes that its text does not show.
OPEN = re.compile(rb"\b(globals|locals|exec|__getattr__|__path__|sys\.modules|import modules)\b")
GLOBAL = re.compile(rb"^[ \t]*global ([\w, ]+)$", re.MULTILINE)
QUOTED = re.compile(rb"""['"]([A-Za-z_]\w*)(?:\.[\w.]+)?['"]""")

#: Exceptions whose handlers make an import optional.
CATCH_ALL = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}

#: The scope of what only ``python -m`` runs.
SCRIPT = "<script>"


def main():
    request_path, answers_path = sys.argv[1:3]
    with open(request_path, encoding="utf-8", errors="surrogateescape", newline="") as file:
        paths = file.read().split("\0")[1::2]
    OWN.update(top_of(dotted_name(path)[0]) for path in paths)
    OWN.discard("")
    # Trees are many small objects that all live on; looking for garbage doubles the time.
    gc.disable()
    with open(answers_path, "w", encoding="utf-8") as file:
        for path in paths:
            try:
                answer = read(path)
            except Exception as error:
                answer = {"error": {"type": type(error).__name__, "message": str(error)}}
            file.write(json.dumps(answer) + "\n")
            # Whoever reads the answers knows which module ended the process.
            file.flush()


def read(path):
    """What the text of a module says."""
    try:
        module = Text.at(path)
    except (SyntaxError, ValueError) as error:
        problem = "%s: %s" % (type(error).__name__, error)
        return {"problem": problem, "line": getattr(error, "lineno", None)}
    except RecursionError:
        return {"unread": "it is nested too deeply"}
    reader = Reader(module)
    try:
        reader.block(module.tree.body, "", True)
    except Exception as error:
        # Whatever the import machinery makes of odd names is no fault of the module.
        return {"unread": "%s: %s" % (type(error).__name__, error)}
    return {
        "module": module.name,
        "edges": reader.edges,
        "unresolved": reader.unresolved,
        "optional": sorted(reader.optional),
        "mentioned": sorted(module.mentioned),
    }


class Text:
    """A module's file, parsed, and the names that it binds."""

    _known = {}

    @classmethod
    def at(cls, path):
        """The text of a file."""
        if path not in cls._known:
            cls._known[path] = cls(path)
        return cls._known[path]

    @classmethod
    def of(cls, spec):
        """The text behind a spec; None when there is none to read."""
        path = spec.origin if spec is not None else None
        if not path or not path.endswith(".py"):
            return None
        try:
            return cls.at(path)
        except (OSError, SyntaxError, ValueError, RecursionError):
            return None

    def __init__(self, path):
        with open(path, "rb") as file:
            content = file.read()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Some mistakes show only when the whole is compiled.
            compile(content, path, "exec", dont_inherit=True)
            self.tree = ast.parse(content, path)
        self.name, self.is_package = dotted_name(path)
        self.package = self.name if self.is_package else self.name.rpartition(".")[0]
        #: Functions and classes, and own modules' names that imports bind: where a call leads.
        self.functions = {}
        self.aliases = {}
        self.bound = set()
        self.stars = []
        self._collect(self.tree.body)
        for names in GLOBAL.findall(content):
            self.bound.update(names.decode().replace(" ", "").split(","))
        self.is_open = bool(OPEN.search(content))
        #: Names in strings: what a module looks for in `sys.modules` or by `find_spec`.
        self.mentioned = {name.decode() for name in QUOTED.findall(content)}

    def absolute(self, node):
        """The absolute name of what a ``from`` statement names."""
        if not node.level:
            return node.module or ""
        base = self.package.split(".")
        base = base[: len(base) - node.level + 1]
        return ".".join(base + ([node.module] if node.module else []))

    def has(self, name):
        """Whether the module may have an attribute."""
        if self.is_open or name in self.bound or name.startswith("__"):
            return True
        for star in self.stars:
            text = Text.of(find(star)) if top_of(star) in OWN else None
            if text is None or text is self or text.has(name):
                return True
        return False

    def _collect(self, body):
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                self.bound.add(node.name)
                self.functions[node.name] = node
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    self.bound.add(alias.asname or top_of(alias.name))
                    self.aliases[alias.asname or alias.name] = alias.name
            elif isinstance(node, ast.ImportFrom):
                source = self.absolute(node)
                for alias in node.names:
                    if alias.name == "*":
                        self.stars.append(source)
                    else:
                        self.bound.add(alias.asname or alias.name)
                        self.aliases[alias.asname or alias.name] = source + "." + alias.name
            else:
                self.bound.update(
                    part.id
                    for part in ast.walk(node)
                    if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
                )
                for field in ("body", "orelse", "finalbody"):
                    self._collect(getattr(node, field, None) or [])
                for part in getattr(node, "handlers", []) + getattr(node, "cases", []):
                    self._collect(part.body)


class Reader:
    """Walks what is run in a module, scope by scope, and notes where it leads."""

    def __init__(self, text):
        self.text = text
        self.edges = []
        self.unresolved = []
        self.optional = set()
        self.values = {}

    def block(self, body, scope, sure):
        """Read statements that run one after another.

        `sure` says that they run whenever their scope does.
        """
        for node in body:
            self.statement(node, scope, sure)
            if isinstance(node, (ast.Return, ast.Raise, ast.Continue, ast.Break)):
                return

    def statement(self, node, scope, sure):
        if isinstance(node, ast.Import):
            for alias in node.names:
                self.wants(alias.name, node, scope, sure)
        elif isinstance(node, ast.ImportFrom):
            self.import_from(node, scope, sure)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inner = (scope + "." if scope else "") + node.name
            self.block(node.body, inner, True)
        elif isinstance(node, ast.ClassDef):
            self.class_body(node, scope, sure)
        elif isinstance(node, ast.If):
            self.condition(node, scope, sure)
        elif isinstance(node, (ast.Try, getattr(ast, "TryStar", ast.Try))):
            self.attempt(node, scope, sure)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            if any(suppresses(item.context_expr) for item in node.items):
                self.note_optional(node.body)
            else:
                self.block(node.body, scope, sure)
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
            if not scope:
                self.forget(node)
            self.block(node.body, scope, False)
            self.block(node.orelse, scope, False)
        elif hasattr(node, "cases"):
            for case in node.cases:
                self.block(case.body, scope, False)
        else:
            self.expression(node, scope, sure)

    def class_body(self, node, scope, sure):
        # The body runs where the class stands; its methods when they are called.
        for part in node.body:
            if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef)):
                inner = ".".join(filter(None, (scope, node.name, part.name)))
                self.block(part.body, inner, True)
            else:
                self.statement(part, scope, sure)

    def condition(self, node, scope, sure):
        if is_script_guard(node.test):
            self.block(node.body, SCRIPT, sure)
            self.block(node.orelse, scope, sure)
            return
        try:
            holds = self.value(node.test)
        except Unknown:
            self.block(node.body, scope, False)
            self.block(node.orelse, scope, False)
            if not scope:
                self.forget(node)
            return
        self.block(node.body if holds else node.orelse, scope, sure)

    def attempt(self, node, scope, sure):
        catching = [one for one in node.handlers if catches_import_error(one.type)]
        if not catching:
            self.block(node.body, scope, sure)
            for handler in node.handlers:
                self.note_optional(handler.body)
                self.block(handler.body, scope, False)
            self.block(node.orelse, scope, sure)
        else:
            trial = Reader(self.text)
            trial.values = self.values
            trial.block(node.body, scope, sure)
            self.note_optional(node.body)
            self.optional |= trial.optional
            if trial.unresolved:
                # Which handler runs is not for us to say when there are several.
                for handler in catching:
                    self.block(handler.body, scope, sure and len(catching) == 1)
            else:
                self.edges += [dict(edge, guarded=True) for edge in trial.edges]
                # Others' modules are there to be found, and may still not load.
                self.note_optional(node.orelse)
                self.block(node.orelse, scope, False)
        self.block(node.finalbody, scope, sure)
        if not scope:
            self.forget(node)

    def forget(self, node):
        """Know nothing any more of the names that are bound where we cannot tell what runs."""
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                self.values.pop(part.id, None)

    def note_optional(self, body):
        for node in body:
            for part in ast.walk(node):
                if isinstance(part, ast.Import):
                    self.optional.update(top_of(alias.name) for alias in part.names)
                elif isinstance(part, ast.ImportFrom) and not part.level and part.module:
                    self.optional.add(top_of(part.module))

    def expression(self, node, scope, sure):
        """Note calls of own functions, and remember what is known of module-level names."""
        if isinstance(node, ast.Assign) and not scope and len(node.targets) == 1:
            if isinstance(node.targets[0], ast.Name):
                try:
                    self.values[node.targets[0].id] = self.value(node.value)
                except Unknown:
                    self.values.pop(node.targets[0].id, None)
        for call in calls_in(node):
            if isinstance(call.func, ast.Name):
                self.calls(call.func.id, scope, sure)
            elif isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
                source = self.text.aliases.get(call.func.value.id)
                if source and top_of(source) in OWN:
                    self.edge(scope, source, call.func.attr, sure)

    def calls(self, name, scope, sure):
        if name in self.text.functions:
            inner = name
            if isinstance(self.text.functions[name], ast.ClassDef):
                inner = name + ".__init__"
            self.edge(scope, self.text.name, inner, sure)
        elif top_of(self.text.aliases.get(name, "")) in OWN:
            source, _, function = self.text.aliases[name].rpartition(".")
            self.edge(scope, source, function, sure)

    def edge(self, scope, module, to_scope, sure):
        self.edges.append({"scope": scope, "to": module, "to_scope": to_scope, "sure": sure})

    def import_from(self, node, scope, sure):
        source = self.text.absolute(node)
        if not source or source == "__future__":
            return
        if not self.wants(source, node, scope, sure) or top_of(source) not in OWN:
            return
        spec = find(source)
        text = Text.of(spec)
        for alias in node.names:
            inner = source + "." + alias.name
            if not scope:
                # Who calls it here, calls it there.
                self.edge(alias.asname or alias.name, source, alias.name, True)
            if spec is not None and spec.submodule_search_locations is not None and find(inner):
                self.edge(scope, inner, "", sure)
            elif text is not None and alias.name != "*" and not text.has(alias.name):
                self.lacks(inner, node, scope, sure)
            elif spec is not None and is_namespace(spec) and alias.name != "*":
                self.lacks(inner, node, scope, sure)

    def wants(self, name, node, scope, sure):
        """Note where an import of a module leads; whether it leads anywhere."""
        missing = first_missing(name)
        if missing:
            self.lacks(missing, node, scope, sure)
            return False
        if top_of(name) in OWN:
            parts = name.split(".")
            for depth in range(1, len(parts) + 1):
                self.edge(scope, ".".join(parts[:depth]), "", sure)
        return True

    def lacks(self, what, node, scope, sure):
        found = {"what": what, "line": node.lineno, "scope": scope, "sure": sure}
        self.unresolved.append(found)

    def value(self, node):
        """What an expression about the interpreter or the platform gives; else `Unknown`."""
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
        if name in known:
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


class Unknown(Exception):
    """An expression of which nothing is known before it is run."""


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
KNOWN_CALLS = {
    "platform.system": platform.system(),
    "platform.python_implementation": platform.python_implementation(),
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

#: The first parts of the names of the wheel's own modules.
OWN = set()


def top_of(name):
    return name.partition(".")[0]


def name_parts(node):
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        return name_parts(node.value) + [node.attr]
    return ["?"]


def is_script_guard(test):
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == "__name__"
        and isinstance(test.ops[0], ast.Eq)
    )


def catches_import_error(kind):
    if kind is None:
        return True
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(name_parts(one)[-1] in CATCH_ALL for one in kinds)


def suppresses(node):
    """Whether a context manager swallows import errors, as far as its words tell."""
    return isinstance(node, ast.Call) and (
        any(name_parts(one)[-1] in CATCH_ALL for one in node.args)
    )


def calls_in(node):
    """The calls that a statement makes for certain, as far as they stand in plain sight."""
    waiting = [getattr(node, "value", None), getattr(node, "exc", None)]
    while waiting:
        part = waiting.pop()
        if isinstance(part, ast.Call):
            yield part
            waiting += part.args
            waiting += [keyword.value for keyword in part.keywords]
            waiting.append(part.func)
        elif isinstance(part, (ast.Attribute, ast.Await, ast.Starred)):
            waiting.append(part.value)


def dotted_name(path):
    """A file's dotted name and whether it is a package, by the place that imports look at."""
    for place in sorted(sys.path, key=len, reverse=True):
        if place and path.startswith(os.path.join(place, "")):
            parts = os.path.relpath(path, place)[: -len(".py")].split(os.sep)
            if parts[-1] == "__init__":
                return ".".join(parts[:-1]), True
            return ".".join(parts), False
    return "", False


_FOUND = {}


def find(name):
    """The spec of a module, found without running anything; None when there is none."""
    if name not in _FOUND:
        _FOUND[name] = _find(name)
    return _FOUND[name]


def _find(name):
    parent, _, _ = name.rpartition(".")
    if not parent:
        try:
            return importlib.util.find_spec(name)
        except (ImportError, ValueError, AttributeError):
            return importlib.util.spec_from_loader(name, None)
    above = find(parent)
    if above is None or above.submodule_search_locations is None:
        return None
    places = list(above.submodule_search_locations)
    try:
        return PathFinder.find_spec(name, places)
    except KeyError:
        # A namespace in a namespace asks its parent, which nobody has imported here.
        spec = importlib.util.spec_from_loader(name, None, is_package=True)
        inner = (os.path.join(place, name.rpartition(".")[2]) for place in places)
        spec.submodule_search_locations += filter(os.path.isdir, inner)
        return spec


def is_namespace(spec):
    return spec.submodule_search_locations is not None and spec.origin is None


def first_missing(name):
    """The shortest beginning of a dotted name that leads nowhere; None when all of it leads.

    Modules of others may come into being when they are run, so only the first part of
    theirs is judged, below namespaces the first real one.
    """
    parts = name.split(".")
    for depth in range(1, len(parts) + 1):
        path = ".".join(parts[:depth])
        spec = find(path)
        if spec is None:
            return path
        if depth == len(parts) or is_namespace(spec):
            continue
        if spec.submodule_search_locations is None:
            return None
        if parts[0] in OWN:
            text = Text.of(spec)
            if text is None or (text.is_open and find(".".join(parts[: depth + 1])) is None):
                return None
        elif parts[0] not in getattr(sys, "stdlib_module_names", ()):
            return None
    return None


if __name__ == "__main__":
    main()
