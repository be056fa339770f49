"""What the text of a module shows about where code ends, and what its handlers catch."""

import ast

from .conditions import Unknown
from .syntax import last_name, names_in, walk

#: Exceptions whose handlers make an import optional.
CATCH_ALL = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
#: Those whose handlers make the name of a distribution, an attribute or a file optional.
CATCH_NAMES = CATCH_ALL | {"PackageNotFoundError", "DistributionNotFound", "RuntimeError"}
CATCH_ATTRIBUTES = {"AttributeError", "Exception", "BaseException"}
CATCH_FILES = {"OSError", "IOError", "FileNotFoundError", "EnvironmentError", "Exception"}
CATCH_FILES |= {"BaseException", "TemplateNotFound", "NotADirectoryError"}
#: Those that are about files only.
OF_FILES = CATCH_FILES - {"Exception", "BaseException"}
#: Stands for them where the handler goes on without the file.
ABSENT = "<absent file>"
#: Exceptions that metadata of what is not installed raises.
OF_CHECKOUTS = {"PackageNotFoundError", "DistributionNotFound"}
EVERYTHING = frozenset(CATCH_NAMES | CATCH_FILES | CATCH_ATTRIBUTES | {"SyntaxError"})

#: Functions that do not return.
NEVER_RETURN = {"sys.exit", "os._exit", "os.abort", "exit", "quit"}


def caught_by(kind, conditions):
    """The names of the exceptions that a handler catches."""
    if kind is None:
        return EVERYTHING
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    found = set()
    for one in kinds:
        value = conditions.text.assigned.get(getattr(one, "id", ""))
        found |= caught_by(value, conditions) if value is not None else set()
        found.add(conditions.dotted(one).rpartition(".")[2])
    return frozenset(found)


def goes_on(part):
    """Whether code neither raises nor ends the process."""
    return not any(
        isinstance(one, ast.Raise)
        or (isinstance(one, ast.Call) and last_name(one.func) in ("exit", "_exit", "abort", "quit"))
        for one in walk(part)
    )


def suppressed_by(node, conditions):
    """The exceptions that a context manager suppresses, judged by its text."""
    if not isinstance(node, ast.Call) or "raises" in names_in(node.func):
        return frozenset()
    caught = (caught_by(one, conditions) for one in node.args)
    return EVERYTHING & frozenset().union(*caught)


def own_function(node, conditions):
    """The function of the wheel that an expression names, with its module's text; or None."""
    module, _, name = conditions.dotted(node).rpartition(".")
    text = conditions.text.other(module) if module else conditions.text
    return (text.functions.get(name) if text is not None else None), text


def may_raise(decorator, conditions):
    """Whether a decorator of the wheel may raise instead of calling what it decorates."""
    node = decorator.func if isinstance(decorator, ast.Call) else decorator
    function, _ = own_function(node, conditions)
    return function is not None and any(isinstance(one, ast.Raise) for one in walk(function))


def never_returns(call, conditions):
    """Whether a call ends the process or raises, as far as the texts show it."""
    if conditions.dotted(call.func) in NEVER_RETURN:
        return True
    function, text = own_function(call.func, conditions)
    if not isinstance(function, ast.FunctionDef):
        return False
    if function.returns is not None and {"NoReturn", "Never"} & names_in(function.returns):
        return True
    returns = any(isinstance(part, (ast.Return, ast.Yield)) for part in walk(function))
    if isinstance(function.body[-1], ast.Raise) and not returns:
        return True
    return raises_first(
        function.body, conditions if text is conditions.text else conditions.of(text)
    )


def raises_first(body, conditions):
    """Whether code certainly raises, because of a known condition, before it can return."""
    for node in body:
        if isinstance(node, (ast.Raise, ast.Return)):
            return isinstance(node, ast.Raise)
        if isinstance(node, ast.If):
            try:
                taken = node.body if conditions.value(node.test) else node.orelse
            except Unknown:
                return False
            if raises_first(taken, conditions):
                return True
    return False


def fits(case, subject, conditions):
    """Whether a case of ``match`` fits a known subject; None when its text does not show it."""
    if case.guard is not None:
        return None
    found = []
    for pattern in getattr(case.pattern, "patterns", [case.pattern]):
        if type(pattern).__name__ == "MatchAs" and pattern.pattern is None:
            return True
        if type(pattern).__name__ != "MatchValue":
            return None
        try:
            found.append(conditions.value(pattern.value) == subject)
        except Unknown:
            return None
    return any(found)


def is_script_guard(test):
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == "__name__"
        and isinstance(test.ops[0], ast.Eq)
    )
