"""Which modules of a wheel import and call each other, read from their text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from nox_cleanroom.members import Member
from nox_cleanroom.once import Once
from nox_cleanroom.probes.sources import Sources
from nox_cleanroom.records import dataclass
from nox_cleanroom.wheels import Wheel

#: The scope of code that only ``python -m`` runs; equal to the one in `inside/scopes.py`.
_SCRIPT = "<script>"


#: The fields of the answer about a module; the answer is empty when it could not be read.
_KEYS = frozenset({"module", "edges", "unresolved", "optional", "mentioned"})


#: Parts of module names that mark code for the package's developers, or vendored code.
_NOT_FOR_USERS = frozenset(
    {
        *("test", "tests", "testing", "_testing", "_tests", "conftest"),
        *("vendor", "vendored", "_vendor", "_vendored", "extern", "third_party", "thirdparty"),
    }
)


class Scope(NamedTuple):
    """Code that runs together: the body of a module, or of one of its functions."""

    module: str
    #: The function's name after that of its class; empty for the module itself.
    name: str = ""

    @property
    def is_for_users(self) -> bool:
        """Whether it is no code for the package's developers, and not vendored."""
        parts = set(self.module.split("."))
        return not _NOT_FOR_USERS & parts and ".test_" not in f".{self.module}"


class Edge(NamedTuple):
    """An import or a call that leads from one scope to another."""

    start: Scope
    end: Scope
    #: Whether it runs whenever its scope runs.
    sure: bool
    #: Whether an ``except ImportError`` surrounds it.
    guarded: bool
    #: Whether it never runs on this interpreter, because of a condition.
    dead: bool = False
    #: Whether files that what it leads to reads need not exist.
    tried: bool = False


class DeadEnd(NamedTuple):
    """Code that needs a name that does not exist."""

    #: The shortest prefix of the dotted name that does not exist.
    what: str
    scope: Scope
    #: Where the code is: a file of the wheel, and the line.
    path: str
    line: int
    #: Whether it runs whenever its scope does.
    sure: bool
    #: ``module``; ``name`` for one that is imported from a module, ``attribute`` for one of it.
    kind: str = "module"
    #: Whether no condition around it may be about the interpreter or what is installed.
    unguarded: bool = False


@dataclass(frozen=True)
class ImportGraph:
    """The imports and the calls among a wheel's modules."""

    wheel: Wheel
    edges: tuple[Edge, ...]
    dead_ends: tuple[DeadEnd, ...]
    #: Names that a module of the wheel imports under an ``except ImportError``.
    optional: frozenset[str]
    #: Names in strings, as in ``"numpy" in sys.modules``.
    mentioned: frozenset[str]
    #: Attributes that modules of the wheel set on one another.
    sets: frozenset[str]
    #: Whether a module of the wheel makes others importable, as a finder in `sys.meta_path` does.
    finds_modules: bool

    @classmethod
    def of(cls, wheel: Wheel, sources: Sources) -> ImportGraph:
        """The graph of the modules that an interpreter has read.

        Several checks of a cell ask for the same graph, and so do cells whose interpreters say the
        same.
        """
        # The remembered value has both objects, so that no others get their ids.
        graph, _ = _graphs.get(
            (id(wheel), id(sources)), lambda: (cls._read(wheel, sources), sources)
        )
        return graph

    @classmethod
    def _read(cls, wheel: Wheel, sources: Sources) -> ImportGraph:
        read = {
            answer.subject: answer.said
            for answer in sources.answers
            if answer.said and _KEYS.issubset(answer.said) and _is_loaded(answer.subject)
        }
        return cls(
            wheel=wheel,
            edges=tuple(
                _edge(said["module"], edge) for said in read.values() for edge in said["edges"]
            ),
            dead_ends=tuple(
                _dead_end(path, said["module"], found)
                for path, said in read.items()
                for found in said["unresolved"]
            ),
            optional=frozenset(name for said in read.values() for name in said["optional"]),
            mentioned=frozenset(name for said in read.values() for name in said["mentioned"]),
            sets=frozenset(name for said in read.values() for name in said.get("sets", ())),
            finds_modules=any(said.get("finds_modules") for said in read.values()),
        )

    @cached_property
    def tried(self) -> frozenset[Scope]:
        """The functions that are only called where files which they read need not exist."""
        called = [edge for edge in self.edges if edge.end.name and not edge.dead]
        surely = {edge.end for edge in called if not edge.tried}
        return frozenset(edge.end for edge in called) - surely

    @cached_property
    def run_by_import(self) -> frozenset[Scope]:
        """What runs when the top-level modules are imported and the entry points loaded."""
        return self._reached(Scope(module) for module in self._first)

    @cached_property
    def _first(self) -> frozenset[str]:
        """The modules that users begin with."""
        return frozenset(
            {*self.wheel.import_names, *(one.module for one in self.wheel.entry_points)}
        )

    @cached_property
    def on_the_way(self) -> frozenset[Scope]:
        """Those scopes, and the ones that run when an entry point or a ``__main__`` is called."""
        mains = {
            scope
            for module in self.wheel.modules
            if module.rpartition(".")[2] == "__main__"
            for scope in (Scope(module), Scope(module, _SCRIPT))
        }
        return self._reached({*self.run_by_import, *self._called, *mains})

    @cached_property
    def _called(self) -> frozenset[Scope]:
        """What programs and plug-ins call."""
        called = {Scope(one.module, one.attribute) for one in self.wheel.entry_points}
        return frozenset(called | {Scope(name) for name in self.wheel.scripts})

    @cached_property
    def led_to(self) -> frozenset[str]:
        """The modules that some unguarded import leads to, from the top-level ones on."""
        reached = set(self._first)
        waiting = set(reached)
        ends: dict[str, set[str]] = {}
        for edge in self.edges:
            if not edge.guarded and not edge.dead:
                ends.setdefault(edge.start.module, set()).add(edge.end.module)
        while waiting:
            found = ends.get(waiting.pop(), set()) - reached
            reached |= found
            waiting |= found
        return frozenset(reached)

    @cached_property
    def only_tried(self) -> frozenset[str]:
        """The modules that are imported only where an ``except ImportError`` awaits them."""
        # A call within a module, or an import of what lies below it, does not import it.
        edges = (edge for edge in self.edges if not edge.dead)
        imports = [edge for edge in edges if edge.start.module != edge.end.module]
        tried = {edge.end.module for edge in imports if edge.guarded}
        return frozenset(
            tried - {edge.end.module for edge in imports if not edge.guarded} - self._first
        )

    @cached_property
    def dead(self) -> frozenset[Scope]:
        """The scopes to which only code leads that never runs on this interpreter."""
        kept = {*self._called, *(Scope(module) for module in self._first)}
        starts: dict[Scope, set[Scope | None]] = {}
        for edge in self.edges:
            # A scope without a way to it may be called by users.
            start = None if edge.dead else edge.start
            if edge.end != edge.start:
                starts.setdefault(edge.end, set()).add(start)
        dead: set[Scope] = set()
        while True:
            found = {
                scope
                for scope, ways in starts.items()
                if scope not in kept
                and all(way is None or way in dead or Scope(way.module) in dead for way in ways)
            }
            if found == dead:
                return frozenset(dead)
            dead = found

    def is_dead(self, scope: Scope) -> bool:
        """Whether a scope never runs on this interpreter, because of the conditions around it."""
        owner = scope.name.rpartition(".")[0]
        scopes = {scope, Scope(scope.module), Scope(scope.module, f"{owner}.__init__")}
        return not self.dead.isdisjoint(scopes)

    def _reached(self, starts: Iterable[Scope]) -> frozenset[Scope]:
        """The scopes that certainly run when the given scopes do."""
        ends: dict[Scope, set[Scope]] = {}
        for edge in self.edges:
            if edge.sure and not edge.guarded and not edge.dead:
                ends.setdefault(edge.start, set()).add(edge.end)
        reached = set(starts)
        waiting = set(reached)
        while waiting:
            found = ends.get(waiting.pop(), set()) - reached
            reached |= found
            waiting |= found
        return frozenset(reached)


def absent_names(wheel: Wheel, sources: Sources | None) -> frozenset[str] | None:
    """The names that a wheel's code imports and that do not exist; None without its code."""
    if sources is None or not sources.answers:
        return None
    return frozenset(one.what for one in ImportGraph.of(wheel, sources).dead_ends)


#: The latest graphs, each with what it was made from.
_graphs = Once(limit=8)


def _is_loaded(name: str) -> bool:
    """Whether a file of the archive can be imported, or is run as a program."""
    member = Member.from_name(name)
    return member.module is not None or member.scheme == "scripts"


def _edge(module: str, edge: Mapping[str, Any]) -> Edge:
    return Edge(
        start=Scope(module, edge["scope"]),
        end=Scope(edge["to"], edge["to_scope"]),
        sure=edge["sure"],
        guarded=edge.get("guarded", False),
        dead=edge.get("dead", False),
        tried=edge.get("tried", False),
    )


def _dead_end(path: str, module: str, found: Mapping[str, Any]) -> DeadEnd:
    return DeadEnd(
        what=found["what"],
        scope=Scope(module, found["scope"]),
        path=path,
        line=found["line"],
        sure=found["sure"],
        kind=found.get("kind", "module"),
        unguarded=found.get("unguarded", False),
    )
