"""The imports and calls of a module, scope by scope."""

import ast

from .branches import Branches
from .by_name import DYNAMIC_IMPORTS, ByName
from .conditions import Conditions, Unknown
from .endings import (
    ABSENT,
    CATCH_ALL,
    OF_CHECKOUTS,
    OF_FILES,
    caught_by,
    goes_on,
    may_raise,
    never_returns,
)
from .expressions import Expressions, find_inner
from .locating import OWN, find, is_namespace, top_of
from .paths import Paths
from .standard_library import lacks
from .text import Text, first_missing

#: What the answer about each module has.
ALWAYS = {"edges", "unresolved", "optional", "mentioned"}


def read(path, name=""):
    """The imports and calls in the text of a module, or of a script with a name."""
    try:
        module = Text.at(path, name)
    except (SyntaxError, ValueError) as error:
        problem = "%s: %s" % (type(error).__name__, error)
        return {"problem": problem, "line": getattr(error, "lineno", None)}
    except RecursionError:
        return {"unread": "it is nested too deeply"}
    reader = Reader(module)
    try:
        reader.block(module.tree.body, "", True)
        reader.by_name.lazy_names(module)
    except Exception as error:
        # An error of the import machinery about an odd name is not the module's fault.
        return {"unread": "%s: %s" % (type(error).__name__, error)}
    answer = {
        "module": module.name,
        "edges": reader.edges,
        "unresolved": reader.unresolved,
        "optional": sorted(reader.optional),
        "mentioned": sorted(module.mentioned),
        "sets": sorted(reader.sets),
        "distributions": reader.by_name.distributions,
        "reads": reader.paths.finish(),
        "names": reader.paths.names,
        "imports_by_name": module.says_any(DYNAMIC_IMPORTS),
    }
    if module.finds_modules:
        answer["finds_modules"] = True
    version = getattr(module.assigned.get("__version__"), "value", None)
    answer["version"] = version if isinstance(version, str) else ""
    # What is empty in most modules is left out.
    return {key: value for key, value in answer.items() if value or key in ALWAYS}


class Reader(Branches, Expressions):
    """Walks the code of a module, scope by scope, and notes its imports and calls."""

    def __init__(self, text):
        self.text = text
        self.edges = []
        #: How many unknown conditions, which may be guards, are around a statement.
        self.guards = 0
        #: The module and the class of what names of functions are bound to.
        self.instances = {}
        self.unresolved = []
        self.optional = set()
        #: Names of modules' attributes that the module sets.
        self.sets = set()
        self.conditions = Conditions(text)
        #: What the handlers around a statement catch.
        self.caught = frozenset()
        self.by_name = ByName(self)
        self.paths = Paths(self)

    def block(self, body, scope, sure):
        """Read statements that run one after another; returns whether they end their scope.

        `sure` means that they run whenever their scope does.
        """
        guards, asking = self.guards, self.paths.asking
        ends = False
        for position, node in enumerate(body):
            if self.statement(node, scope, sure):
                self.skip(body[position + 1 :], scope)
                ends = True
                break
            if self.may_end(node):
                sure = False
                self.guards += 1
            self.paths.asking += self.may_end_for_files(node)
        self.guards, self.paths.asking = guards, asking
        return ends

    def statement(self, node, scope, sure):
        """Read a statement; returns whether no code after it runs."""
        read_one = getattr(self, "_" + type(node).__name__.lower(), None)
        if read_one is not None:
            return bool(read_one(node, scope, sure))
        self.parts(node, scope, sure)
        return isinstance(node, (ast.Return, ast.Raise, ast.Continue, ast.Break))

    def _import(self, node, scope, sure):
        self.text.note_import(node)
        for alias in node.names:
            self.wants(alias.name, node, scope, sure)

    def _importfrom(self, node, scope, sure):
        self.text.note_import(node)
        source = self.text.absolute(node)
        if not source or source == "__future__" or not self.wants(source, node, scope, sure):
            return
        if top_of(source) not in OWN:
            for alias in node.names:
                if lacks(source, alias.name) and not find_inner(source, alias.name):
                    self.lacks(source + "." + alias.name, node, scope, sure, "name")
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
                if not text.has_open_submodules:
                    self.lacks(inner, node, scope, sure, "name")
            elif spec is not None and is_namespace(spec) and alias.name != "*":
                self.lacks(inner, node, scope, sure)

    def _functiondef(self, node, scope, sure):
        self.header(node, scope, sure)
        self.body(node, (scope + "." if scope else "") + node.name)

    _asyncfunctiondef = _functiondef

    def body(self, node, scope):
        """Read the body of a function, which a decorator may keep from running."""
        caught, self.caught = self.caught, frozenset()
        is_guarded = any(may_raise(one, self.conditions) for one in node.decorator_list)
        self.guards += is_guarded
        self.block(node.body, scope, not is_guarded)
        self.guards -= is_guarded
        self.caught = caught

    def header(self, node, scope, sure):
        """Read what a definition evaluates when it runs: decorators, defaults and annotations."""
        parts = [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
        if not self.text.has_lazy_annotations:
            arguments = [*node.args.args, *node.args.kwonlyargs]
            parts += filter(None, [node.returns, *(one.annotation for one in arguments)])
        for part in parts:
            self.expression(part, scope, sure)

    def _classdef(self, node, scope, sure):
        # The body of a class runs at once; its methods run when they are called.
        for part in [*node.decorator_list, *node.bases]:
            self.expression(part, scope, sure)
        for part in node.body:
            if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self.header(part, scope, sure)
                inner = ".".join(filter(None, (scope, node.name, part.name)))
                self.body(part, inner)
            else:
                self.statement(part, scope, sure)

    def _try(self, node, scope, sure):
        catches = [(one, caught_by(one.type, self.conditions)) for one in node.handlers]
        self.kinds(node.handlers, scope)
        around, self.caught = self.caught, self.caught.union(*(names for _, names in catches))
        if any(names & OF_FILES and goes_on(one) for one, names in catches):
            self.caught |= {ABSENT}
        catching = [one for one, names in catches if names & CATCH_ALL]
        if not catching:
            ends = self.block(node.body, scope, sure)
            self.caught = around
            # What failed is often what another version has, and the handler is for that one.
            self.guards += 1
            for handler, names in catches:
                # What is not installed at all is read from a checkout.
                is_for_checkout = bool(names & OF_CHECKOUTS)
                self.note_optional(handler.body)
                self.paths.asking += is_for_checkout
                ends = self.block(handler.body, scope, False) and ends
                self.paths.asking -= is_for_checkout
            self.guards -= 1
            ends = self.block(node.orelse, scope, sure) or ends
        else:
            ends = self.attempt(node, catching, around, scope, sure)
        ends = self.block(node.finalbody, scope, sure) or ends
        if not scope:
            self.forget(node)
        return ends

    _trystar = _try

    def attempt(self, node, catching, around, scope, sure):
        """Read a ``try`` whose handlers catch the error of a missing module."""
        trial = Reader(self.text)
        trial.conditions, trial.caught = self.conditions, self.caught
        trial.guards, trial.instances = self.guards, self.instances
        trial.paths, trial.by_name = Paths(trial, self.paths), ByName(trial, self.by_name)
        ends = trial.block(node.body, scope, sure)
        self.caught = around
        self.note_optional(node.body)
        self.optional |= trial.optional
        self.sets |= trial.sets
        if trial.unresolved:
            # With several handlers, it is unknown which one runs.
            is_certain = sure and len(catching) == 1
            return all([self.block(one.body, scope, is_certain) for one in catching])
        self.edges += [dict(edge, guarded=True) for edge in trial.edges]
        # Modules of other distributions exist, but may still fail to load.
        self.note_optional(node.orelse)
        return self.block(node.orelse, scope, False) or (ends and not node.orelse)

    def _assign(self, node, scope, sure):
        self.expression(node.value, scope, sure)
        for target in node.targets:
            if isinstance(target, ast.Attribute):
                owner = self.conditions.dotted(target.value)
                if top_of(owner) in OWN:
                    self.sets.add(owner + "." + target.attr)
        if len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name):
            return
        name = node.targets[0].id
        if isinstance(node.value, ast.Call) and self.class_of(node.value)[0]:
            self.instances[scope, name] = self.class_of(node.value)
        self.paths.assign(name, node.value, scope)
        if scope:
            return
        try:
            self.conditions.values[name] = self.conditions.value(node.value)
        except Unknown:
            self.conditions.values.pop(name, None)

    def _annassign(self, node, scope, sure):
        if not scope and not self.text.has_lazy_annotations:
            self.expression(node.annotation, scope, sure)
        if node.value is not None:
            self.expression(node.value, scope, sure)

    def _expr(self, node, scope, sure):
        if isinstance(node.value, ast.Constant):
            return False
        self.expression(node.value, scope, sure)
        return isinstance(node.value, ast.Call) and never_returns(node.value, self.conditions)

    def edge(self, scope, module, to_scope, sure, dead=False):
        edge = {"scope": scope, "to": module, "to_scope": to_scope, "sure": sure}
        if dead:
            if top_of(module) not in OWN:
                return
            edge["dead"] = True
        elif "SyntaxError" in self.caught:
            # A module for newer Pythons may not compile here.
            edge["guarded"] = True
        edge.update({"tried": True} if ABSENT in self.caught or self.paths.asking else {})
        self.edges.append(edge)

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

    def lacks(self, what, node, scope, sure, kind="module"):
        found = {"what": what, "line": node.lineno, "scope": scope, "sure": sure}
        if kind != "module":
            found["kind"] = kind
        if not sure and not self.guards:
            found["unguarded"] = True
        self.unresolved.append(found)
