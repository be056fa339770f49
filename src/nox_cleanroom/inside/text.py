"""A module's text, and the names that it binds."""

import ast
import re
import sys
import warnings

from .locating import OWN, dotted_name, find, is_namespace, top_of

#: Signs that a module may get attributes that its text does not show.
OPEN = re.compile(rb"\b(globals|locals|exec|__getattr__|__path__|sys\.modules|import modules)\b")
GLOBAL = re.compile(rb"^[ \t]*global ([\w, ]+)$", re.MULTILINE)
QUOTED = re.compile(rb"""['"]([A-Za-z_]\w*)(?:\.[\w.]+)?['"]""")


class Text:
    """A module's file, parsed, and the names that it binds."""

    _known = {}

    @classmethod
    def at(cls, path):
        """The parsed text of a file."""
        if path not in cls._known:
            cls._known[path] = cls(path)
        return cls._known[path]

    @classmethod
    def of(cls, spec):
        """The parsed text of a spec's module; None when there is no text to read."""
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
            # Some errors show only when the whole module is compiled.
            compile(content, path, "exec", dont_inherit=True)
            self.tree = ast.parse(content, path)
        self.name, self.is_package = dotted_name(path)
        self.package = self.name if self.is_package else self.name.rpartition(".")[0]
        #: Functions, classes and imported names of the wheel's own modules: the targets of calls.
        self.functions = {}
        self.aliases = {}
        self.bound = set()
        self.stars = []
        self._collect(self.tree.body)
        for names in GLOBAL.findall(content):
            self.bound.update(names.decode().replace(" ", "").split(","))
        self.is_open = bool(OPEN.search(content))
        #: Names in strings, which a module may look up in `sys.modules` or by `find_spec`.
        self.mentioned = {name.decode() for name in QUOTED.findall(content)}

    def absolute(self, node):
        """The absolute name of a ``from`` statement's module."""
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


def first_missing(name):
    """The shortest prefix of a dotted name that does not exist; None when the whole name exists.

    Modules of other distributions may create attributes when they run. Only the first part of
    their names is judged; in a namespace package, the first part below it.
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
