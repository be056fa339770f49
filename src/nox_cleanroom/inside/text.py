"""A module's text, and the names that it binds."""

import ast
import re
import sys
import warnings

from .locating import OWN, dotted_name, find, is_namespace, top_of

GLOBAL = re.compile(rb"^[ \t]*global ([\w, ]+)$", re.MULTILINE)
QUOTED = re.compile(rb"""['"]([A-Za-z_]\w*)(?:\.[\w.]+)?['"]""")
WORD = re.compile(rb"[A-Za-z_]\w*")

#: Without one of these words, a module has no other names than those that its text binds.
DYNAMIC = {b"globals", b"vars", b"locals", b"exec", b"modules", b"__path__", b"__getattr__"}
DYNAMIC |= {b"meta_path", b"path_hooks", b"_convert_", b"__dict__", b"setattr"}
#: Words of code that changes a `__path__`.
CHANGES = {b"append", b"insert", b"extend", b"extend_path"}


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
        self.words = set(WORD.findall(content))
        self.has_walrus = b":=" in content
        self._collect(self.tree.body)
        self._note_values()
        for names in GLOBAL.findall(content):
            self.bound.update(names.decode().replace(" ", "").split(","))
        #: Whether the module may have other names, or submodules, than its text shows.
        self.has_open_names = self.has_open_submodules = False
        #: Whether it makes other modules importable.
        self.finds_modules = False
        if not self.words.isdisjoint(DYNAMIC):
            self._note_dynamic_names()
        decorators = (one for node in self.functions.values() for one in node.decorator_list)
        self.has_open_names |= any(map(self._adds_names, decorators))
        #: Names in strings, which a module may look up in `sys.modules` or by `find_spec`.
        self.mentioned = {name.decode() for name in QUOTED.findall(content)}
        #: Whether annotations are not evaluated.
        self.has_lazy_annotations = b"annotations" in self.words and any(
            isinstance(node, ast.ImportFrom) and node.module == "__future__"
            for node in self.tree.body
        )

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

    def _note_dynamic_names(self):
        """Look for code that gives a module names, or makes modules, that no statement shows."""
        self.has_open_names = "__getattr__" in self.functions
        for node in walk(self.tree):
            if isinstance(node, ast.Call):
                self._note_call(node)
            elif isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
                if is_attribute(node.value, "sys", "modules"):
                    # A module that replaces itself has any names; one that adds others, any below.
                    self.has_open_names = True
                    self.finds_modules |= not is_name(key_of(node))
                elif isinstance(node.value, ast.Call):
                    self.has_open_names |= is_namespace_call(node.value)
                elif isinstance(node.value, ast.Attribute) and node.value.attr == "__dict__":
                    self.has_open_names = True
            elif isinstance(node, ast.Name) and node.id == "__path__":
                changes = not self.words.isdisjoint(CHANGES)
                self.has_open_submodules |= changes or not isinstance(node.ctx, ast.Load)
            elif isinstance(node, ast.Attribute) and node.attr in ("meta_path", "path_hooks"):
                self.finds_modules = True

    def _note_call(self, node):
        function = node.func
        method = function.attr if isinstance(function, ast.Attribute) else ""
        owner = function.value if method else None
        name = function.id if isinstance(function, ast.Name) else ""
        if name == "exec":
            # Code with a namespace of its own binds nothing here.
            inner = [one for one in node.args[1:] if not is_namespace_call(one)]
            self.has_open_names |= not inner
        elif name == "setattr" and node.args:
            self.has_open_names |= "modules" in names_in(node.args[0]) or self._is_module(node)
        elif method in ("update", "setdefault", "__setitem__"):
            if is_attribute(owner, "sys", "modules"):
                self.has_open_names = self.finds_modules = True
            elif isinstance(owner, ast.Call):
                self.has_open_names |= is_namespace_call(owner)
            elif isinstance(owner, ast.Attribute) and owner.attr == "__dict__":
                # That of an object binds no name of the module.
                self.has_open_names |= getattr(owner.value, "id", "") not in ("self", "cls")
        elif method in ("_convert", "_convert_"):
            self.has_open_names = True
        elif any(is_namespace_call(one) for one in node.args):
            # Something else gets the namespace, and may add to it.
            self.has_open_names = True

    def _is_module(self, call):
        """Whether a call of `setattr` is about a name that is bound to a module."""
        first = call.args[0]
        if not isinstance(first, ast.Name):
            return False
        value = self.assigned.get(first.id)
        return value is not None and "modules" in names_in(value)

    def _adds_names(self, decorator):
        """Whether a decorator adds names to the module, judged by the decorator's own text."""
        function = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if name == "global_enum":
            return True
        text, own = self, name
        if name in self.aliases:
            source, _, own = self.aliases[name].rpartition(".")
            text = self.other(source)
        found = text.functions.get(own) if text is not None else None
        signs = {"globals", "__globals__", "modules", "f_globals"}
        return found is not None and not signs.isdisjoint(names_in(found))


def targets_of(node):
    """The parts of a statement that bind names."""
    if isinstance(node, ast.Assign):
        return node.targets
    if isinstance(node, (ast.With, ast.AsyncWith)):
        return [one.optional_vars for one in node.items if one.optional_vars is not None]
    target = getattr(node, "target", None)
    return [] if target is None else [target]


def key_of(node):
    """What a subscript asks for."""
    return node.slice.value if type(node.slice).__name__ == "Index" else node.slice  # before 3.9


def walk(node):
    """All parts of a text, as `ast.walk` gives them, in half of the time and without contexts."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        yield part
        for field in part._fields:
            value = getattr(part, field, None)
            if isinstance(value, list):
                waiting += [one for one in value if isinstance(one, ast.AST)]
            elif isinstance(value, ast.AST) and field != "ctx":
                waiting.append(value)


def names_in(node):
    """The names of variables and attributes in a part of a text."""
    parts = [*walk(node)]
    names = {part.id for part in parts if isinstance(part, ast.Name)}
    return names | {part.attr for part in parts if isinstance(part, ast.Attribute)}


def is_attribute(node, owner, name):
    return (
        isinstance(node, ast.Attribute)
        and node.attr == name
        and isinstance(node.value, ast.Name)
        and node.value.id.strip("_") == owner
    )


def is_name(node):
    """Whether an expression is the module's own name."""
    return isinstance(node, ast.Name) and node.id == "__name__"


def is_namespace_call(node):
    """Whether an expression is the namespace of a module, as far as its text shows it."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("globals", "vars", "locals")
        and (not node.args or "modules" in names_in(node.args[0]))
    )


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
