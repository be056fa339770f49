"""Importing the installed package, and loading its entry points."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

from nox_cleanroom.entry_points import EntryPoint
from nox_cleanroom.environments.interpreter_questions import Answer, Question, ask
from nox_cleanroom.members import COMMON_NAMES
from nox_cleanroom.probes.installation import Installation
from nox_cleanroom.records import dataclass
from nox_cleanroom.wheels import Wheel


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """The result of each import, and of each entry point that could be loaded."""

    answers: tuple[Answer, ...]

    def of(self, kind: str, subject: str) -> Answer | None:
        """The answer about an import or an entry point; None when there was no such question."""
        found = (one for one in self.answers if (one.kind, one.subject) == (kind, subject))
        return next(found, None)


def load(installation: Installation) -> Loaded:
    """Import the package, and load its entry points.

    Each module that users import first has an interpreter of its own. The same interpreter loads
    the module's entry points, because loading one begins with this import.
    """
    wheel, new_env = installation.wheel, installation.probe_env
    asked = (installation.environment, installation.steps)
    waiting = dict.fromkeys(one.value for one in usable_entry_points(wheel, installation.extras))
    answers: list[Answer] = []
    for name in wheel.import_names:
        inside = sorted(value for value in waiting if _is_in(value.partition(":")[0], name))
        if name not in imported_first(wheel) and not inside:
            continue
        questions = [Question("import", name), *(Question("entry point", one) for one in inside)]
        answers += ask(*asked, step=f"import {name}", questions=questions, env=new_env())
        for value in inside:
            del waiting[value]
    for value in waiting:
        questions = [Question("entry point", value)]
        answers += ask(*asked, step=f"load {value}", questions=questions, env=new_env())
    if installation.settings.imports == "all":
        questions = [Question("import", module) for module in _all_others(wheel)]
        answers += ask(*asked, step="import all modules", questions=questions, env=new_env())
    return Loaded(answers=tuple(map(_followed, answers)))


def _followed(answer: Answer) -> Answer:
    """The answer, with all links in the paths of modules resolved."""
    if answer.said is None or "places" not in answer.said:
        return answer
    places = [os.path.realpath(place) for place in answer.said["places"]]
    return replace(answer, said={**answer.said, "places": places})


def imported_first(wheel: Wheel) -> tuple[str, ...]:
    """The modules that users import first; common names count only when there are no others."""
    names = wheel.import_names
    own = tuple(name for name in names if name.partition(".")[0] not in COMMON_NAMES)
    return own or names


def usable_entry_points(wheel: Wheel, extras: tuple[str, ...]) -> list[EntryPoint]:
    """The entry points of a wheel that name objects, and need no other extras than these.

    The values of other entry points than programs are for their readers, and may be any text.
    """
    return [
        one
        for one in wheel.entry_points
        if set(extras).issuperset(one.extras) and (one.is_script or one.is_reference)
    ]


def _all_others(wheel: Wheel) -> Iterator[str]:
    """All other modules; they share a process until one of them ends the interpreter."""
    tried = imported_first(wheel)
    tops = {name.partition(".")[0] for name in tried}
    for module in sorted(wheel.modules.difference(tried)):
        if module.partition(".")[0] in tops and module.rpartition(".")[2] != "__main__":
            yield module


def _is_in(module: str, package: str) -> bool:
    module = module.strip()
    return module == package or module.startswith(f"{package}.")
