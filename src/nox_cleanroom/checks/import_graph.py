"""Which modules of a wheel import and call each other, read from their text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from nox_cleanroom.members import Member
from nox_cleanroom.probes.sources import Sources
from nox_cleanroom.wheel import Wheel

#: The scope of code that only ``python -m`` runs; equal to the one in `inside/scopes.py`.
_SCRIPT = "<script>"


#: The fields of the answer about a module; the answer is empty when it could not be read.
_KEYS = frozenset({"module", "edges", "unresolved", "optional", "mentioned"})


@dataclass(frozen=True, order=True)
class Scope:
    """Code that runs together: the body of a module, or of one of its functions."""

    module: str
    #: The function's name after that of its class; empty for the module itself.
    name: str = ""


@dataclass(frozen=True, order=True)
class Edge:
    """An import or a call that leads from one scope to another."""

    start: Scope
    end: Scope
    #: Whether it runs whenever its scope runs.
    sure: bool
    #: Whether an ``except ImportError`` surrounds it.
    guarded: bool


@dataclass(frozen=True, order=True)
class DeadEnd:
    """An import statement for a name that does not exist."""

    #: The shortest prefix of the dotted name that does not exist.
    what: str
    scope: Scope
    line: int
    #: Whether it runs whenever its scope does.
    sure: bool


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

    @classmethod
    def of(cls, wheel: Wheel, sources: Sources) -> ImportGraph:
        """The graph of the modules that an interpreter has read."""
        read = [
            answer.said
            for answer in sources.answers
            if Member.from_name(answer.subject).module
            and answer.said
            and _KEYS.issubset(answer.said)
        ]
        return cls(
            wheel=wheel,
            edges=tuple(_edge(said["module"], edge) for said in read for edge in said["edges"]),
            dead_ends=tuple(
                DeadEnd(
                    what=found["what"],
                    scope=Scope(said["module"], found["scope"]),
                    line=found["line"],
                    sure=found["sure"],
                )
                for said in read
                for found in said["unresolved"]
            ),
            optional=frozenset(name for said in read for name in said["optional"]),
            mentioned=frozenset(name for said in read for name in said["mentioned"]),
        )

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
        called = {Scope(one.module, one.attribute) for one in self.wheel.entry_points}
        mains = {
            scope
            for module in self.wheel.modules
            if module.rpartition(".")[2] == "__main__"
            for scope in (Scope(module), Scope(module, _SCRIPT))
        }
        return self._reached({*self.run_by_import, *called, *mains})

    @cached_property
    def led_to(self) -> frozenset[str]:
        """The modules that some unguarded import leads to, from the top-level ones on."""
        reached = set(self._first)
        waiting = set(reached)
        ends: dict[str, set[str]] = {}
        for edge in self.edges:
            if not edge.guarded:
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
        imports = [edge for edge in self.edges if edge.start.module != edge.end.module]
        tried = {edge.end.module for edge in imports if edge.guarded}
        return frozenset(
            tried - {edge.end.module for edge in imports if not edge.guarded} - self._first
        )

    def _reached(self, starts: Iterable[Scope]) -> frozenset[Scope]:
        """The scopes that certainly run when the given scopes do."""
        ends: dict[Scope, set[Scope]] = {}
        for edge in self.edges:
            if edge.sure and not edge.guarded:
                ends.setdefault(edge.start, set()).add(edge.end)
        reached = set(starts)
        waiting = set(reached)
        while waiting:
            found = ends.get(waiting.pop(), set()) - reached
            reached |= found
            waiting |= found
        return frozenset(reached)


def _edge(module: str, edge: Mapping[str, Any]) -> Edge:
    return Edge(
        start=Scope(module, edge["scope"]),
        end=Scope(edge["to"], edge["to_scope"]),
        sure=edge["sure"],
        guarded=edge.get("guarded", False),
    )
