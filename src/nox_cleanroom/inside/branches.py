"""Statements that decide which code of a module runs."""

import ast

from .by_name import DYNAMIC_IMPORTS
from .conditions import Unknown
from .endings import ABSENT, CATCH_ALL, OF_FILES, fits, is_script_guard, suppressed_by
from .locating import OWN, top_of
from .optional_files import asks_about_files
from .syntax import walk

#: The scope of code that only ``python -m`` runs.
SCRIPT = "<script>"


class Branches:
    """The part of a reader that walks conditions, loops and cases."""

    def _if(self, node, scope, sure):
        if is_script_guard(node.test):
            self.block(node.body, SCRIPT, sure)
            return self.block(node.orelse, scope, sure)
        self.expression(node.test, scope, sure)
        try:
            holds = self.conditions.value(node.test)
        except Unknown:
            is_guard = self.may_guard(node.test)
            asks = asks_about_files(node.test, self.text)
            self.guards += is_guard
            self.paths.asking += asks
            ends = self.block(node.body, scope, False)
            self.paths.asking -= asks
            ends = self.block(node.orelse, scope, False) and ends
            self.guards -= is_guard
            if not scope:
                self.forget(node)
            return ends
        self.skip(node.orelse if holds else node.body, scope)
        return self.block(node.body if holds else node.orelse, scope, sure)

    def may_guard(self, test):
        """Whether an unknown condition may be about the interpreter, the system or what is installed.

        One on arguments and other local names is not.
        """
        bound, imported = self.text.bound, self.text.imported
        return any(
            part.id in bound or part.id in imported
            for part in walk(test)
            if isinstance(part, ast.Name)
        )

    def may_end(self, node):
        """Whether a guard may end the scope before the code that follows runs."""
        if not isinstance(node, ast.If) or not self.may_guard(node.test):
            return False
        try:
            self.conditions.value(node.test)
        except Unknown:
            return any(isinstance(part, (ast.Return, ast.Raise)) for part in walk(node))
        return False

    def may_end_for_files(self, node):
        """Whether code that follows only runs if a file exists, which a checkout alone may have."""
        return (
            isinstance(node, ast.If)
            and isinstance(node.test, ast.UnaryOp)
            and asks_about_files(node.test, self.text)
            and isinstance(node.body[-1], (ast.Return, ast.Continue, ast.Break))
        )

    def _assert(self, node, scope, sure):
        self.expression(node.test, scope, sure)
        try:
            return not self.conditions.value(node.test)
        except Unknown:
            return False

    def _for(self, node, scope, sure):
        if not scope:
            self.forget(node)
        self.expression(getattr(node, "iter", None) or node.test, scope, sure)
        if isinstance(node, ast.For) and self.text.says_any(DYNAMIC_IMPORTS):
            self.by_name.note_in_turn(node.target, node.iter, node.body, scope, sure)
        ends = self.block(node.body, scope, False)
        self.block(node.orelse, scope, False)
        is_endless = isinstance(node, ast.While) and getattr(node.test, "value", None) is True
        return is_endless and ends and not any(isinstance(one, ast.Break) for one in walk(node))

    _asyncfor = _while = _for

    def _with(self, node, scope, sure):
        for item in node.items:
            self.expression(item.context_expr, scope, sure)
            names = suppressed_by(item.context_expr, self.conditions)
            if names & CATCH_ALL:
                self.note_optional(node.body)
                return False
            if names:
                around, self.caught = self.caught, self.caught | names
                self.caught |= {ABSENT} if names & OF_FILES else set()
                self.block(node.body, scope, sure)
                self.caught = around
                return False
        return self.block(node.body, scope, sure)

    _asyncwith = _with

    def _match(self, node, scope, sure):
        self.expression(node.subject, scope, sure)
        try:
            subject = self.conditions.value(node.subject)
        except Unknown:
            return self.cases(node.cases, scope, False)
        for position, case in enumerate(node.cases):
            does_fit = fits(case, subject, self.conditions)
            if does_fit is None:
                return self.cases(node.cases[position:], scope, False)
            if does_fit:
                for other in node.cases[position + 1 :]:
                    self.skip(other.body, scope)
                return self.block(case.body, scope, sure)
            self.skip(case.body, scope)
        return False

    def cases(self, cases, scope, sure):
        ends = [self.block(case.body, scope, sure) for case in cases]
        last = cases[-1]
        is_default = last.guard is None and getattr(last.pattern, "pattern", 0) is None
        return all(ends) and is_default

    def skip(self, body, scope):
        """Note where code leads that does not run here: it shows what is guarded."""
        for node in body:
            for part in walk(node):
                if isinstance(part, ast.Call):
                    self.calls(part, scope, False, dead=True)
                elif isinstance(part, ast.Import):
                    for alias in part.names:
                        self.edge(scope, alias.name, "", False, dead=True)
                elif isinstance(part, ast.ImportFrom):
                    source = self.text.absolute(part)
                    self.edge(scope, source, "", False, dead=True)
                    for alias in part.names:
                        self.edge(scope, source + "." + alias.name, "", False, dead=True)
                        self.edge(scope, source, alias.name, False, dead=True)

    def forget(self, node):
        """Forget the values of names that code may have bound, if it is unknown whether it runs."""
        for part in walk(node):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                self.conditions.values.pop(part.id, None)

    def kinds(self, handlers, scope):
        """Read the exceptions of handlers, which are looked up when another one is raised."""
        for kind in (one.type for one in handlers if one.type is not None):
            self.expression(kind, scope, False)

    def note_optional(self, body):
        for node in body:
            for part in walk(node):
                if isinstance(part, ast.Import):
                    named = [alias.name for alias in part.names]
                elif isinstance(part, ast.ImportFrom):
                    source = self.text.absolute(part)
                    named = [source] + [source + "." + alias.name for alias in part.names]
                else:
                    continue
                self.optional.update(one if top_of(one) in OWN else top_of(one) for one in named)
