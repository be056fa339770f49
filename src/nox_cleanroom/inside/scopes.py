"""The imports and calls of a module, scope by scope."""

import ast

from .conditions import Conditions, Unknown, name_parts
from .locating import OWN, find, is_namespace, top_of
from .text import Text, first_missing

#: Exceptions whose handlers make an import optional.
CATCH_ALL = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}

#: The scope of code that only ``python -m`` runs.
SCRIPT = "<script>"


def read(path):
    """The imports and calls in the text of a module."""
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
        # An error of the import machinery about an odd name is not the module's fault.
        return {"unread": "%s: %s" % (type(error).__name__, error)}
    return {
        "module": module.name,
        "edges": reader.edges,
        "unresolved": reader.unresolved,
        "optional": sorted(reader.optional),
        "mentioned": sorted(module.mentioned),
    }


class Reader:
    """Walks the code of a module, scope by scope, and notes its imports and calls."""

    def __init__(self, text):
        self.text = text
        self.edges = []
        self.unresolved = []
        self.optional = set()
        self.conditions = Conditions()

    def block(self, body, scope, sure):
        """Read statements that run one after another.

        `sure` means that they run whenever their scope does.
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
        # The body of a class runs at once; its methods run when they are called.
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
            holds = self.conditions.value(node.test)
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
            trial.conditions = self.conditions
            trial.block(node.body, scope, sure)
            self.note_optional(node.body)
            self.optional |= trial.optional
            if trial.unresolved:
                # With several handlers, it is unknown which one runs.
                for handler in catching:
                    self.block(handler.body, scope, sure and len(catching) == 1)
            else:
                self.edges += [dict(edge, guarded=True) for edge in trial.edges]
                # Modules of other distributions exist, but may still fail to load.
                self.note_optional(node.orelse)
                self.block(node.orelse, scope, False)
        self.block(node.finalbody, scope, sure)
        if not scope:
            self.forget(node)

    def forget(self, node):
        """Forget the values of names that code may have bound, if it is unknown whether it runs."""
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                self.conditions.values.pop(part.id, None)

    def note_optional(self, body):
        for node in body:
            for part in ast.walk(node):
                if isinstance(part, ast.Import):
                    self.optional.update(top_of(alias.name) for alias in part.names)
                elif isinstance(part, ast.ImportFrom) and not part.level and part.module:
                    self.optional.add(top_of(part.module))

    def expression(self, node, scope, sure):
        """Note calls of the module's functions, and the known values of module-level names."""
        if isinstance(node, ast.Assign) and not scope and len(node.targets) == 1:
            if isinstance(node.targets[0], ast.Name):
                try:
                    self.conditions.values[node.targets[0].id] = self.conditions.value(node.value)
                except Unknown:
                    self.conditions.values.pop(node.targets[0].id, None)
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
                # A call of this name is a call of the imported function.
                self.edge(alias.asname or alias.name, source, alias.name, True)
            if spec is not None and spec.submodule_search_locations is not None and find(inner):
                self.edge(scope, inner, "", sure)
            elif text is not None and alias.name != "*" and not text.has(alias.name):
                self.lacks(inner, node, scope, sure)
            elif spec is not None and is_namespace(spec) and alias.name != "*":
                self.lacks(inner, node, scope, sure)

    def wants(self, name, node, scope, sure):
        """Note the target of an import; returns whether it exists."""
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
    """Whether a context manager suppresses import errors, judged by its text."""
    return isinstance(node, ast.Call) and (
        any(name_parts(one)[-1] in CATCH_ALL for one in node.args)
    )


def calls_in(node):
    """The calls that a statement certainly makes, as far as its text shows them."""
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
