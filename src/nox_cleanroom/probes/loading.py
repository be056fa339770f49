"""What happens when the installed package is imported, and its entry points loaded."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from nox_cleanroom.environments.questions import Answer, Question
from nox_cleanroom.probes.installation import Installation
from nox_cleanroom.wheel import COMMON_NAMES, EntryPoint, Wheel


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What came of each import, and of each entry point that could be loaded."""

    answers: tuple[Answer, ...]

    def of(self, kind: str, subject: str) -> Answer | None:
        """The answer about an import or an entry point; None when nobody asked."""
        found = (one for one in self.answers if (one.kind, one.subject) == (kind, subject))
        return next(found, None)


def load(installation: Installation) -> Loaded:
    """Have the package imported, and its entry points loaded.

    Each module that users import first has an interpreter of its own, in which its entry
    points are loaded, too: loading one begins with that very import.
    """
    wheel = installation.wheel
    waiting = dict.fromkeys(one.value for one in usable_entry_points(wheel, installation.extras))
    answers: list[Answer] = []
    for name in wheel.import_names:
        inside = sorted(value for value in waiting if _is_in(value.partition(":")[0], name))
        if name not in imported_first(wheel) and not inside:
            continue
        questions = [Question("import", name), *(Question("entry point", one) for one in inside)]
        answers += _followed(installation.ask(f"import {name}", questions))
        for value in inside:
            del waiting[value]
    for value in waiting:
        answers += installation.ask(f"load {value}", [Question("entry point", value)])
    if installation.settings.imports == "all":
        questions = [Question("import", module) for module in _all_others(wheel)]
        answers += _followed(installation.ask("import all modules", questions))
    return Loaded(answers=tuple(answers))


def _followed(answers: Sequence[Answer]) -> Iterator[Answer]:
    """The answers, with all links in the places of modules followed."""
    for answer in answers:
        if answer.said is None or "places" not in answer.said:
            yield answer
        else:
            places = [os.path.realpath(place) for place in answer.said["places"]]
            yield replace(answer, said={**answer.said, "places": places})


def imported_first(wheel: Wheel) -> tuple[str, ...]:
    """What users import first; names that any package could have only for want of others."""
    names = wheel.import_names
    own = tuple(name for name in names if name.partition(".")[0] not in COMMON_NAMES)
    return own or names


def usable_entry_points(wheel: Wheel, extras: tuple[str, ...]) -> list[EntryPoint]:
    """The entry points of a wheel which need none but these extras."""
    return [one for one in wheel.entry_points if set(extras).issuperset(one.extras)]


def _all_others(wheel: Wheel) -> Iterator[str]:
    """Every further module; each has a process of its own only where one ends the interpreter."""
    tried = imported_first(wheel)
    tops = {name.partition(".")[0] for name in tried}
    for module in sorted(wheel.modules.difference(tried)):
        if module.partition(".")[0] in tops and module.rpartition(".")[2] != "__main__":
            yield module


def _is_in(module: str, package: str) -> bool:
    module = module.strip()
    return module == package or module.startswith(f"{package}.")
