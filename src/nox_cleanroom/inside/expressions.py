"""What the expressions of a module call, and the names, files and attributes that they need."""

import ast

from .by_name import DYNAMIC_IMPORTS
from .conditions import Unknown
from .endings import CATCH_ATTRIBUTES
from .locating import OWN, find, top_of
from .paths import WANTED
from .standard_library import NAMES, is_known, lacks

#: Functions that ask for an attribute by its name.
ASKING = {b"getattr", b"hasattr"}
#: Expressions whose parts run later, or perhaps never.
LATER = (ast.Lambda, ast.GeneratorExp)
#: The fields with the parts of frequent expressions.
PARTS = {
    ast.Attribute: ("value",),
    ast.Call: ("func", "args", "keywords"),
    ast.Compare: ("left", "comparators"),
    ast.BinOp: ("left", "right"),
    ast.Subscript: ("value", "slice"),
    ast.List: ("elts",),
    ast.Tuple: ("elts",),
    ast.Set: ("elts",),
    ast.JoinedStr: ("values",),
}
#: What is no expression, and what says nothing unless a file is looked for by its name.
NEVER_READ = {type(None), str, int}
PASSED_OVER = NEVER_READ | {ast.Constant, ast.Name}
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Expressions:
    """The part of a reader that walks expressions."""

    def expression(self, node, scope, sure):
        """Note what an expression calls, and the names, files and attributes that it needs."""
        kind = type(node)
        if kind is ast.Name or kind is ast.Constant:
            if kind is ast.Constant and WANTED:
                self.paths.note_name(node, scope, sure)
            elif kind is ast.Name and node.id in self.text.lacking_builtins:
                if "NameError" not in self.caught:
                    self.lacks("builtins." + node.id, node, scope, sure, "attribute")
            return
        if self.paths.is_used:
            self.paths.note(node, scope, sure)
        if kind is ast.IfExp:
            self.alternatives(node, scope, sure)
            return
        if kind is ast.BoolOp:
            self.operands(node, scope, sure)
            return
        if kind is ast.Call:
            self.calls(node, scope, sure)
            self.by_name.note(node, scope, sure)
        elif kind is ast.Attribute:
            self.attribute(node, scope, sure)
        elif kind in (ast.List, ast.Tuple) and b"executable" in self.text.content:
            self.by_name.note_command(node.elts, scope)
        if kind in COMPREHENSIONS and self.text.says_any(DYNAMIC_IMPORTS):
            first = node.generators[0]
            is_now = sure and kind is not ast.GeneratorExp
            self.by_name.note_in_turn(first.target, first.iter, [node], scope, is_now)
        if kind not in COMPREHENSIONS or not self.is_never_made(node):
            self.parts(node, scope, sure and kind not in LATER)

    def is_never_made(self, node):
        """Whether a known condition keeps a comprehension from making any element."""
        for test in (test for one in node.generators for test in one.ifs):
            try:
                if not self.conditions.value(test):
                    return True
            except Unknown:
                continue
        return False

    def parts(self, node, scope, sure):
        """Read the parts of an expression, or those of a statement that are expressions.

        Large tables of constants make most of many texts, so these are passed over first.
        """
        skipped = NEVER_READ if WANTED or self.text.lacking_builtins else PASSED_OVER
        for field in PARTS.get(type(node), node._fields):
            value = getattr(node, field, None)
            for part in value if isinstance(value, list) else (value,):
                kind = type(part)
                if kind in skipped:
                    continue
                if kind is ast.keyword:
                    self.expression(part.value, scope, sure)
                elif kind is ast.comprehension:
                    self.parts(part, scope, False)
                elif isinstance(part, ast.expr):
                    self.expression(part, scope, sure)

    def alternatives(self, node, scope, sure):
        self.expression(node.test, scope, sure)
        try:
            holds = self.conditions.value(node.test)
        except Unknown:
            self.guards += 1
            self.expression(node.body, scope, False)
            self.expression(node.orelse, scope, False)
            self.guards -= 1
            return
        self.expression(node.body if holds else node.orelse, scope, sure)

    def operands(self, node, scope, sure):
        """Read the operands of ``and`` and ``or`` up to the one that decides."""
        decisive, guards = isinstance(node.op, ast.Or), self.guards
        for part in node.values:
            self.expression(part, scope, sure)
            try:
                if bool(self.conditions.value(part)) is decisive:
                    break
            except Unknown:
                sure = False
                self.guards += 1
        self.guards = guards

    def attribute(self, node, scope, sure):
        """Note an attribute that the standard library of this interpreter lacks."""
        if node.attr not in NAMES or not isinstance(node.value, (ast.Name, ast.Attribute)):
            return
        if node.attr in self.text.mentioned and self.text.says_any(ASKING):
            # The module asks for it by its name, and so knows that it may be absent.
            return
        module = self.conditions.dotted(node.value)
        if not is_known(module) or top_of(module) in OWN or not lacks(module, node.attr):
            return
        is_import = isinstance(node.value, ast.Name) and node.value.id not in self.text.imported
        if not is_import and not self.caught & CATCH_ATTRIBUTES:
            if isinstance(node.ctx, ast.Load) and not find_inner(module, node.attr):
                self.lacks(module + "." + node.attr, node, scope, sure, "attribute")

    def calls(self, call, scope, sure, dead=False):
        """Note where a call leads in the wheel's own modules."""
        function = call.func
        if isinstance(function, ast.Name):
            name = function.id
            if name in self.text.functions:
                is_class = isinstance(self.text.functions[name], ast.ClassDef)
                inner = name + ".__init__" if is_class else name
                self.edge(scope, self.text.name, inner, sure, dead)
            elif top_of(self.text.imported.get(name, "")) in OWN:
                source, _, inner = self.text.imported[name].rpartition(".")
                self.edge(scope, source, inner, sure, dead)
        elif isinstance(function, ast.Attribute):
            module, owner = self.owner_of(function.value, scope)
            if module:
                inner = owner + "." + function.attr if owner else function.attr
                self.edge(scope, module, inner, sure, dead)
        if isinstance(function, ast.Name) and function.id == "setattr" and len(call.args) > 1:
            owner = self.conditions.dotted(call.args[0])
            if top_of(owner) in OWN and isinstance(call.args[1], ast.Constant):
                self.sets.add("%s.%s" % (owner, call.args[1].value))

    def owner_of(self, node, scope):
        """The module and the class, if there is one, whose function a call of ``node.name()`` is."""
        if isinstance(node, ast.Call):
            return self.class_of(node)
        if not isinstance(node, ast.Name):
            return "", ""
        if node.id in ("self", "cls") and "." in scope:
            return self.text.name, scope.rpartition(".")[0]
        if (scope, node.id) in self.instances:
            return self.instances[scope, node.id]
        source = self.text.imported.get(node.id, "")
        return (source, "") if top_of(source) in OWN else ("", "")

    def class_of(self, call):
        """The module and the name of the class that a call makes an instance of."""
        if not isinstance(call.func, ast.Name):
            return "", ""
        if isinstance(self.text.functions.get(call.func.id), ast.ClassDef):
            return self.text.name, call.func.id
        module, _, name = self.text.imported.get(call.func.id, "").rpartition(".")
        text = self.text.other(module) if module else None
        is_class = text is not None and isinstance(text.functions.get(name), ast.ClassDef)
        return (module, name) if is_class else ("", "")


def find_inner(module, name):
    """Whether a module of the standard library has a submodule of a name."""
    spec = find(module)
    is_package = spec is not None and spec.submodule_search_locations is not None
    return is_package and find(module + "." + name) is not None
