"""A module's text, and the names that it binds."""

import ast
import re
import sys
import warnings

from .dynamic_names import note_dynamic_names
from .locating import OWN, dotted_name, find, is_namespace, top_of
from .standard_library import TABLE, lacks
from .syntax import targets_of, walk

GLOBAL = re.compile(rb"^[ \t]*global ([\w, ]+)$", re.MULTILINE)
#: The built-in names of other versions and systems; typeshed has more, which no interpreter has.
LACKING = {
    name.encode() for name in TABLE["builtins"] if name[0].isupper() and lacks("builtins", name)
} - {b"AnnotateFunc"}
QUOTED = re.compile(rb"""['"]([A-Za-z_]\w*)(?:\.[\w.]+)?['"]""")


class Text:
    """A module's file, parsed, and the names that it binds."""

    _known = {}

    @classmethod
    def at(cls, path, name=""):
        """The parsed text of a file; `name` is for a file that cannot be imported."""
        if path not in cls._known:
            cls._known[path] = cls(path, name)
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

    def __init__(self, path, name=""):
        with open(path, "rb") as file:
            content = file.read()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.tree = ast.parse(content, path)
            # Some errors show only when the whole module is compiled.
            compile(self.tree, path, "exec", dont_inherit=True)
        self.path = path
        self.content = content
        self.name, self.is_package = (name, False) if name else dotted_name(path)
        self.package = self.name if self.is_package else self.name.rpartition(".")[0]
        #: Functions, classes and imported names of the wheel's own modules: the targets of calls.
        self.functions = {}
        self.aliases = {}
        #: All imported names with their full names; the reader adds those of functions.
        self.imported = {}
        #: The values of names that the module binds once, whatever happens.
        self.assigned = {}
        self._times = {}
        self.bound = set()
        self.stars = []
        self.has_walrus = b":=" in content
        self._collect(self.tree.body)
        self._note_values()
        for names in GLOBAL.findall(content):
            self.bound.update(names.decode().replace(" ", "").split(","))
        #: Whether the module may have other names, or submodules, than its text shows.
        self.has_open_names = self.has_open_submodules = False
        #: Whether it makes other modules importable.
        self.finds_modules = False
        note_dynamic_names(self)
        self.lacking_builtins = self._lacking_builtins()
        #: Names in strings, which a module may look up in `sys.modules` or by `find_spec`.
        self.mentioned = {name.decode() for name in QUOTED.findall(content)}
        #: Whether annotations are not evaluated.
        self.has_lazy_annotations = b"annotations" in content and any(
            isinstance(node, ast.ImportFrom) and node.module == "__future__"
            for node in self.tree.body
        )

    def _lacking_builtins(self):
        """The built-in names of other versions that the module uses, and binds nowhere."""
        used = {name.decode() for name in LACKING if name in self.content}
        if not used or self.has_open_names or self.stars:
            return set()
        return used.difference(names_bound_in(self.tree))

    def says_any(self, words):
        """Whether the text has one of some words, also as a part of others."""
        return any(word in self.content for word in words)

    def other(self, module):
        """The text of another module of the wheel; None when it has none."""
        return Text.of(find(module)) if top_of(module) in OWN else None

    def absolute(self, node):
        """The absolute name of a ``from`` statement's module."""
        if not node.level:
            return node.module or ""
        base = self.package.split(".")
        base = base[: len(base) - node.level + 1]
        return ".".join(base + ([node.module] if node.module else []))

    def has(self, name):
        """Whether the module may have an attribute."""
        if self.has_open_names or name in self.bound or name.startswith("__"):
            return True
        for star in self.stars:
            text = Text.of(find(star)) if top_of(star) in OWN else None
            if text is None or text is self or text.has(name):
                return True
        return False

    def note_import(self, node):
        """Keep the full names of what an import statement binds."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or top_of(alias.name)
                self.imported[name] = alias.name if alias.asname else name
        else:
            source = self.absolute(node)
            for alias in node.names:
                self.imported[alias.asname or alias.name] = source + "." + alias.name

    def _collect(self, body):
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                self.bound.add(node.name)
                self.functions[node.name] = node
            elif isinstance(node, ast.Import):
                self.note_import(node)
                for alias in node.names:
                    self.bound.add(alias.asname or top_of(alias.name))
                    self.aliases[alias.asname or alias.name] = alias.name
            elif isinstance(node, ast.ImportFrom):
                self.note_import(node)
                source = self.absolute(node)
                for alias in node.names:
                    if alias.name == "*":
                        self.stars.append(source)
                    else:
                        self.bound.add(alias.asname or alias.name)
                        self.aliases[alias.asname or alias.name] = source + "." + alias.name
            else:
                for name in self._stored_by(node):
                    self.bound.add(name)
                    self._times[name] = self._times.get(name, 0) + 1
                for field in ("body", "orelse", "finalbody"):
                    self._collect(getattr(node, field, None) or [])
                for part in getattr(node, "handlers", []) + getattr(node, "cases", []):
                    self._collect(part.body)

    def _stored_by(self, node):
        """The names that a statement binds, without those of the statements in it."""
        # A value may be a large table, and binds a name by ``:=`` only.
        parts = [node] if self.has_walrus else targets_of(node)
        for part in parts:
            for inner in walk(part):
                if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                    yield inner.id

    def _note_values(self):
        for node in self.tree.body:
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
                target = targets_of(node)[0]
                if isinstance(target, ast.Name) and self._times[target.id] == 1:
                    self.assigned[target.id] = node.value


def names_bound_in(tree):
    """Every name that a text binds, in any scope."""
    for part in walk(tree):
        if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
            yield part.id
        elif isinstance(part, ast.alias):
            yield part.asname or top_of(part.name)
        elif isinstance(part, ast.arg):
            yield part.arg
        elif isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield part.name


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
        if parts[0] in OWN:
            text = Text.of(spec)
            is_open = text is not None and text.has_open_submodules
            if is_open and find(".".join(parts[: depth + 1])) is None:
                return None
            if text is None and spec.submodule_search_locations is None:
                return None
        elif spec.submodule_search_locations is None:
            return None
        elif parts[0] not in getattr(sys, "stdlib_module_names", ()):
            return None
    return None
