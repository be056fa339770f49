"""Files beside a module that its code reads, as far as its text shows them."""

import ast
import os
import sys
from functools import lru_cache

from .endings import CATCH_FILES
from .locating import OWN, find, top_of
from .optional_files import optional_parts
from .path_values import PathValues
from .path_words import ASKERS, OF_PACKAGES, READERS, WRITERS, is_writing
from .syntax import last_name, names_in, walk

#: Without one of these words, a text names no file by its place.
ANCHORS = {b"__file__", b"files", b"get_data", b"PackageLoader", b"prefix", b"resources"}
ANCHORS |= {b"pkg_resources", b"importlib_resources", b"exec_prefix", b"base_prefix"}

#: Names in expressions that are places of files.
PLACES = {"__file__", "files", "prefix", "exec_prefix", "base_prefix"}

#: The last parts of the paths of files that are not installed, if code names them.
WANTED = set()


@lru_cache(maxsize=None)
def names_places(text):
    """Whether a text names any file by its place, or imports a place from another module."""
    if text.says_any(ANCHORS):
        return True
    for dotted in set(text.imported.values()):
        module, _, name = dotted.rpartition(".")
        if top_of(dotted) in OWN and (name in places_of(text.other(module)) if module else False):
            return True
        if top_of(dotted) in OWN and find(dotted) is not None and places_of(text.other(dotted)):
            return True
    return False


@lru_cache(maxsize=None)
def places_of(text):
    """The names of a module whose values are made from the place of a file."""
    found = set()
    if text is not None and text.says_any(ANCHORS):
        for name, value in text.assigned.items():
            if names_in(value) & (PLACES | found):
                found.add(name)
    return found


class Paths(PathValues):
    """Notes files that a reader's code needs and that are not installed.

    An unknown part of a path is a ``*``.
    """

    def __init__(self, reader, outer=None):
        super().__init__(reader)
        self.reads = outer.reads if outer else []
        #: Texts that name a wanted file.
        self.names = outer.names if outer else []
        self.optional = outer.optional if outer else set()
        self.known = outer.known if outer else self.known
        self.done = outer.done if outer else set()
        #: Whether the text names any file by its place.
        self.is_used = outer.is_used if outer else names_places(reader.text)
        #: How many conditions about files, or handlers of missing metadata, are around a statement.
        self.asking = outer.asking if outer else 0
        #: The expressions, by identity, that name files which need not exist.
        self.asked = outer.asked if outer else set()
        if outer is None and (self.is_used or reader.text.says_any(map(str.encode, WANTED))):
            self.asked = optional_parts(reader.text, reader.conditions)

    def note(self, node, scope, sure):
        """Note the path that an expression makes, or that a call is given."""
        if id(node) in self.done:
            return
        if isinstance(node, ast.Call):
            self.note_call(node, scope, sure)
        elif isinstance(node, (ast.BinOp, ast.Attribute)):
            self.add(node, scope, False)

    def note_name(self, node, scope, sure):
        """Note a text that names a wanted file."""
        if WANTED and isinstance(node.value, str) and node.value.rpartition("/")[2] in WANTED:
            found = {"text": node.value, "line": node.lineno, "scope": scope, "sure": sure}
            if not self.is_optional(node) and id(node) not in self.done:
                self.names.append(found)

    def is_optional(self, node):
        """Whether the code goes on without a file that an expression names."""
        is_handled = self.reader.caught & CATCH_FILES
        return bool(is_handled or self.asking or id(node) in self.asked)

    def assign(self, name, node, scope):
        """Keep the path that a name of a function is bound to."""
        if self.is_used and scope:
            self.known[scope, name] = None if (scope, name) in self.known else node

    def note_call(self, node, scope, sure):
        name = last_name(node.func)
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        if name in ASKERS or name in WRITERS or is_writing(node):
            # What is asked for, or made by the code itself, need not be there.
            asked = node.args[0] if name not in WRITERS and node.args else owner
            is_in_package = name == "resource_exists"
            path = self.in_package(node, scope) if is_in_package else self.value(asked, scope)
            if path:
                self.optional.add(path)
                self.done.update(map(id, walk(node)))
        elif self.value(node, scope) is not None:
            # The files of a package are read by this very call; other calls only make a path.
            is_read = name in OF_PACKAGES or name == "PackageLoader"
            self.add(node, scope, sure and is_read)
        else:
            if name in ("glob", "rglob") and owner is not None and node.args:
                base, pattern = self.value(owner, scope), self.part(node.args[0], scope)
                if base and pattern:
                    self.done.update(map(id, walk(owner)))
                    self.add_path(os.path.join(base, pattern), node, scope, sure)
            elif owner is not None:
                self.add(owner, scope, sure)
            # At the top of a module, many calls only keep a path for later.
            reads = sure and (bool(scope) or name in READERS)
            for part in [*node.args, *(one.value for one in node.keywords)]:
                self.add(part, scope, reads)

    def add(self, node, scope, sure):
        if id(node) in self.done or isinstance(node, ast.Constant):
            return
        path = self.value(node, scope)
        if path is not None:
            self.done.update(map(id, walk(node)))
            self.add_path(path, node, scope, sure)

    def add_path(self, path, node, scope, sure):
        here = os.path.dirname(self.reader.text.path)
        relative = os.path.relpath(path, here)
        literal = [part for part in relative.split(os.sep) if part not in ("..", ".", "*")]
        is_pattern = "*" in relative
        if not literal or (os.path.lexists(path) and not is_pattern) or path == sys.prefix:
            return
        found = {"rel": relative.replace(os.sep, "/"), "line": node.lineno, "scope": scope}
        found["sure"] = sure
        levels = 1 + self.reader.text.name.count(".") + self.reader.text.is_package
        above_imports = os.path.dirname(os.path.normpath(os.path.join(here, "../" * levels)))
        if path.startswith(os.path.join(sys.prefix, "")) and not path.startswith(above_imports):
            found["rel"] = "<prefix>/" + os.path.relpath(path, sys.prefix).replace(os.sep, "/")
        if self.is_optional(node):
            found["guarded"] = True
        found["path"] = path
        self.reads.append(found)

    def finish(self):
        """The notes, with those that the code itself takes for optional."""
        for one in self.reads:
            path = one.pop("path", None)
            if path in self.optional or os.path.dirname(path or "") in self.optional:
                one["guarded"] = True
        return self.reads
