"""Modules and distributions that code names in strings."""

import ast
import os
import re

from .conditions import Unknown
from .endings import CATCH_NAMES
from .locating import OWN, find, top_of
from .syntax import names_in, walk
from .text import Text, first_missing

#: Functions that want the name of an installed distribution.
OF_METADATA = {"version", "distribution", "metadata", "requires", "files"}
OF_DISTRIBUTIONS = {
    *("importlib.metadata." + name for name in OF_METADATA),
    *("importlib_metadata." + name for name in OF_METADATA),
    *("pkg_resources.get_distribution", "pkg_resources.require"),
}
#: Statements in which an import may be left out, or may fail.
CAREFUL = (ast.Try, ast.With, ast.If, ast.IfExp)
#: Loops over more names are not followed.
MOST = 200
#: Words of code that imports modules whose names no statement shows.
DYNAMIC_IMPORTS = {b"import_module", b"__import__", b"iter_modules", b"walk_packages"}
DYNAMIC_IMPORTS |= {b"spec_from_file_location", b"run_module", b"exec_module"}
IMPORTERS = {"importlib.import_module", "import_module", "__import__", "importlib.__import__"}
IMPORTERS |= {"runpy.run_module"}
#: Functions that want ``module:object``, and load it themselves.
LOADERS = {"pkgutil.resolve_name", "uvicorn.run", "granian.Granian", "hypercorn.run"}


class ByName:
    """Notes what a reader's code asks for by name."""

    def __init__(self, reader, outer=None):
        self.reader = reader
        #: Distributions that code asks `importlib.metadata` for.
        self.distributions = outer.distributions if outer else []

    def note(self, call, scope, sure):
        """Note a call that names a module or a distribution."""
        dotted = self.reader.conditions.dotted(call.func)
        if dotted in IMPORTERS and call.args:
            name = self.module_name(call)
            if name:
                self.reader.wants(name, call, scope, sure)
        elif dotted in LOADERS and call.args:
            self.wants_object(self.text_of(call.args[0]), call, scope, sure)
        elif dotted in OF_DISTRIBUTIONS and call.args:
            self.wants_distribution(self.text_of(call.args[0]), call, scope, sure)
        elif dotted.rpartition(".")[2] == "version_option" and top_of(dotted) in ("click", "?"):
            self.version_option(call, scope)
        elif isinstance(call.func, (ast.Name, ast.Attribute)) and call.args:
            if getattr(call.args[0], "id", "") == "__name__":
                self.attach(dotted.rpartition(".")[2], call, scope)

    def note_command(self, words, scope):
        """Note the module of ``[sys.executable, "-m", "module"]``, if it is one of the wheel's."""
        texts = [self.text_of(one) for one in words]
        if "-m" in texts[:-1]:
            name = texts[texts.index("-m") + 1]
            missing = first_missing(name) if top_of(name) in OWN else None
            if top_of(name) in OWN and not missing and find(name).submodule_search_locations:
                # `python -m` runs the `__main__` of a package.
                missing = first_missing(name + ".__main__")
            if missing:
                self.reader.lacks(missing, words[0], scope, False)

    def note_in_turn(self, target, values, body, scope, sure):
        """Note the modules that a loop over known names imports, one after another."""
        conditions = self.reader.conditions
        name = getattr(target, "id", "")
        parts = [part for node in body for part in walk(node)]
        inside = [part for part in parts if isinstance(part, CAREFUL)]
        careful = {id(part) for node in inside for part in walk(node)}
        calls = [
            part
            for part in parts
            if isinstance(part, ast.Call)
            and conditions.dotted(part.func) in IMPORTERS
            # The reader of the loop's body knows what is around these.
            and id(part) not in careful
        ]
        try:
            names = conditions.value(values) if calls and name else ()
        except Unknown:
            return
        before = conditions.values.get(name)
        for value in names if isinstance(names, tuple) and len(names) <= MOST else ():
            conditions.values[name] = value
            for call in calls:
                self.note(call, scope, sure)
        conditions.values.pop(name, None)
        if before is not None:
            conditions.values[name] = before

    def wants_object(self, value, call, scope, sure):
        """Note ``module:object`` where the module, or the object in it, does not exist."""
        module, _, name = value.partition(":")
        if top_of(module) not in OWN or not self.reader.wants(module, call, scope, sure):
            return
        text = Text.of(find(module))
        if name and text is not None and not text.has(top_of(name)):
            self.reader.lacks(module + "." + top_of(name), call, scope, sure, "name")

    def text_of(self, node):
        """The value of an expression that is a known text; or empty."""
        try:
            value = self.reader.conditions.value(node)
        except Unknown:
            return ""
        return value if isinstance(value, str) else ""

    def module_name(self, call):
        """The absolute name that a call of `import_module` asks for; empty when it is unknown."""
        name = self.text_of(call.args[0])
        if not name.startswith("."):
            return name
        named = [one.value for one in call.keywords if one.arg == "package"]
        package = self.text_of((call.args[1:2] + named + [call.args[0]])[0])
        level = len(name) - len(name.lstrip("."))
        base = package.split(".")
        base = base[: len(base) - level + 1]
        return ".".join(base + [name[level:]]) if package != name and base else ""

    def wants_distribution(self, name, node, scope, sure, **more):
        if name and not self.reader.caught & CATCH_NAMES:
            found = {"name": name, "line": node.lineno, "scope": scope, "sure": sure}
            self.distributions.append(dict(found, **more))

    def version_option(self, call, scope):
        """Click looks for the distribution when a user asks for the version.

        (https://click.palletsprojects.com/en/stable/api/#click.version_option)
        """
        given = {one.arg: one.value for one in call.keywords}
        if call.args or "version" in given or None in given:
            return
        package = top_of(self.reader.text.name)
        name = self.text_of(given["package_name"]) if "package_name" in given else package
        self.wants_distribution(name, call, scope, False, **click_takes_imports())

    def attach(self, function, call, scope):
        """`lazy_loader` makes names from lists of submodules, or from a stub beside the module.

        (https://scientific-python.org/specs/spec-0001/)
        """
        if function == "attach_stub":
            stub = os.path.splitext(self.reader.text.path)[0] + ".pyi"
            if os.path.exists(stub):
                with open(stub, "rb") as file:
                    self.stub(ast.parse(file.read()), call, scope)
        elif function == "attach":
            given = dict(zip(("", "submodules", "submod_attrs"), call.args))
            given.update((one.arg, one.value) for one in call.keywords)
            for part in getattr(given.get("submodules"), "elts", []):
                self.wants_inner(self.text_of(part), "", part, scope)
            self.names_by_module(given.get("submod_attrs"), scope)

    def stub(self, tree, call, scope):
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and node.level == 1:
                for alias in node.names:
                    source, name = node.module or alias.name, alias.name if node.module else ""
                    self.wants_inner(source, "" if name == "*" else name, call, scope)

    def names_by_module(self, node, scope):
        """Read ``{"module": ["name", ...]}``."""
        for key, names in zip(getattr(node, "keys", []), getattr(node, "values", [])):
            module = self.text_of(key) if key is not None else ""
            for name in getattr(names, "elts", []):
                self.wants_inner(module, self.text_of(name), name, scope)

    def lazy_names(self, text):
        """Read the maps of a module-level ``__getattr__`` that imports (PEP 562)."""
        function = text.functions.get("__getattr__")
        used = names_in(function) if function is not None else set()
        if used.isdisjoint(("import_module", "__import__")):
            return
        for name in sorted(used & text.assigned.keys()):
            node = text.assigned[name]
            for key, value in zip(getattr(node, "keys", []), getattr(node, "values", [])):
                if isinstance(value, ast.Constant):
                    # Without `getattr`, the names stand for the modules themselves.
                    wanted = self.text_of(key) if "getattr" in used else ""
                    self.wants_inner(self.text_of(value), wanted, value, "__getattr__")
                elif isinstance(value, ast.Tuple) and len(value.elts) == 2:
                    module, attribute = map(self.text_of, value.elts)
                    self.wants_inner(module, attribute, value, "__getattr__")
            if isinstance(node, ast.Dict) and all(isinstance(one, ast.List) for one in node.values):
                self.names_by_module(node, "__getattr__")

    def wants_inner(self, module, name, node, scope):
        """Note a module of the package that does not exist, or that lacks a name."""
        package = self.reader.text.package
        # An entry of a map may also be `module:name`.
        module, colon, after = module.partition(":")
        name = after if colon else name
        if not module or not package:
            return
        inner = package + "." + module.lstrip(".")
        if not module.startswith(".") and find(inner) is None:
            # It may be an absolute name, or no module at all.
            is_own = top_of(module) in OWN and "." in module
            if not is_own and (find_safely(module) is not None or not module.isidentifier()):
                return
            inner = module if is_own else inner
        missing = first_missing(inner)
        if missing:
            self.reader.lacks(missing, node, scope, False)
            return
        text = Text.of(find(inner))
        if name and text is not None and not text.has(name) and find(inner + "." + name) is None:
            self.reader.lacks(inner + "." + name, node, scope, False, "name")


def click_takes_imports():
    """Whether the installed click also takes the name of an import, as it does from 8.4.2 on."""
    spec = find("click")
    site = os.path.dirname(os.path.dirname(spec.origin)) if spec and spec.origin else ""
    for name in os.listdir(site) if site else ():
        found = re.match(r"click-(\d+)\.(\d+)\.(\d+)\.dist-info$", name)
        if found:
            return {"takes_imports": tuple(map(int, found.groups())) >= (8, 4, 2)}
    return {"takes_imports": False}


def find_safely(name):
    try:
        return find(name)
    except (ImportError, ValueError, AttributeError):
        return None
