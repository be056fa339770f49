"""What was measured, where, and what it comes to."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from contenders import Contender
from races import Race, Row, Setup
from stage import Stage

Verdict = Literal["met", "MISSED", "context", "ERROR"]

_TOOLS = ("nox-cleanroom", "nox", "tox", "tox-uv", "uv", "virtualenv")


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What the figures depend on; nothing that names the machine."""

    system: str
    cores: int
    python: str
    #: The interpreters of a matrix.
    pythons: tuple[str, ...]
    git: str
    #: The kind of file system of each set-up, where that can be told.
    file_systems: Mapping[str, str]
    #: Versions of the tools, by name.
    tools: Mapping[str, str]

    @classmethod
    def of_stages(cls, stages: Mapping[Setup, Stage]) -> Machine:
        """The machine that this runs on."""
        stage = next(iter(stages.values()))
        return cls(
            system=platform.system(),
            cores=os.cpu_count() or 1,
            python=platform.python_version(),
            pythons=tuple(stage.pythons),
            git=stage.run("git", "--version", cwd=stage.root).split()[2],
            file_systems={name: _file_system(one.root) for name, one in stages.items()},
            tools={name: version(name) for name in _TOOLS},
        )

    @property
    def _places(self) -> str:
        memory, disk = (self.file_systems.get(name, "") for name in ("memory", "disk"))
        return f"{memory or 'a disk'}{f', and {disk}' if disk and disk != memory else ''}"

    def __str__(self) -> str:
        tools = ", ".join(f"{name} {number}" for name, number in self.tools.items())
        return (
            f"{self.system} with {self.cores} cores, files on {self._places};"
            f" the tools run on Python {self.python};"
            f" git {self.git}, {tools}; matrices of Python {', '.join(self.pythons)}"
        )


def _file_system(place: Path) -> str:
    """The kind of file system that a directory lies on; empty where the system does not say."""
    try:
        lines = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    mounts = {Path(point): kind for _, point, kind, *_ in (line.split() for line in lines)}
    return next((mounts[one] for one in (place, *place.parents) if one in mounts), "")


@dataclass(frozen=True, kw_only=True)
class Samples:
    """What one contender's runs in one race took."""

    #: One figure for each run, by what was measured.
    figures: Mapping[str, Sequence[float]]
    #: Why it could not do its work; empty when it could.
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """A median, and the half of the runs that lies around it."""

    median: float
    lower: float
    upper: float

    @classmethod
    def of(cls, figures: Sequence[float]) -> Spread:
        """The spread of some figures; of one, that one."""
        lower, median, upper = (
            statistics.quantiles(figures, n=4, method="inclusive")
            if len(figures) > 1
            else (figures[0],) * 3
        )
        return cls(median=median, lower=lower, upper=upper)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a row comes to."""

    race: Race
    row: Row
    rounds: int
    #: None where there was an error.
    ours: Spread | None
    theirs: Spread | None
    error: str = ""

    @property
    def figure(self) -> float | None:
        """What is held against the target."""
        if self.ours is None:
            return None
        if self.theirs is None:
            return self.ours.median
        if self.row.how == "difference":
            return self.ours.median - self.theirs.median
        return self.ours.median / self.theirs.median

    @property
    def verdict(self) -> Verdict:
        """How it compares with the target."""
        if self.figure is None:
            return "ERROR"
        if self.row.at_most is None:
            return "context"
        return "met" if self.figure <= self.row.at_most else "MISSED"


@dataclass(frozen=True, kw_only=True)
class Results:
    """Everything that was measured in one go on one machine."""

    machine: Machine
    #: By race, and by contender.
    samples: Mapping[str, Mapping[str, Samples]]

    @classmethod
    def read(cls, path: Path) -> Results:
        """The results in a JSON file."""
        content = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            machine=Machine(**content["machine"]),
            samples={
                race: {name: Samples(**one) for name, one in contenders.items()}
                for race, contenders in content["samples"].items()
            },
        )

    def write(self, path: Path, races: Sequence[Race]) -> None:
        """Write a JSON file; its outcomes are for other readers than `read`."""
        outcomes = [_outcome_for_readers(one) for one in self.outcomes(races)]
        content = {**asdict(self), "outcomes": outcomes}
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

    def outcomes(self, races: Sequence[Race]) -> list[Outcome]:
        """What the rows of the races come to, of those that were run."""
        return [
            self._outcome(race, row)
            for race in races
            for row in race.rows
            if race.name in self.samples
        ]

    def of(self, race: Race, contender: Contender) -> Samples:
        """What a contender took in a race."""
        return self.samples[race.name][contender.name]

    def _outcome(self, race: Race, row: Row) -> Outcome:
        ours = self.of(race, row.ours)
        theirs = self.of(race, row.theirs) if row.theirs else None
        error = ours.error or (theirs.error if theirs else "")
        figures = [] if error else ours.figures[row.measure]
        return Outcome(
            race=race,
            row=row,
            rounds=len(figures),
            ours=Spread.of(figures) if figures else None,
            theirs=(Spread.of(theirs.figures[row.their_measure]) if theirs and not error else None),
            error=error,
        )


def _outcome_for_readers(outcome: Outcome) -> dict[str, object]:
    row = outcome.row
    return {
        "race": outcome.race.name,
        "subject": outcome.race.about,
        "ours": row.ours.name,
        "theirs": row.theirs.name if row.theirs else None,
        "how": row.how,
        "rounds": outcome.rounds,
        "spreads": {
            name: asdict(spread)
            for name, spread in (("ours", outcome.ours), ("theirs", outcome.theirs))
            if spread
        },
        "figure": outcome.figure,
        "at_most": row.at_most,
        "verdict": outcome.verdict,
    }
