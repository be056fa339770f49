"""Compare the speed of nox-cleanroom with that of other tools, and with the bare commands.

    python benchmarks/compare.py WORK                  most of it, in twelve minutes
    python benchmarks/compare.py WORK --all            all of it, in half an hour
    python benchmarks/compare.py WORK --rows 'smoke-*' some of it
    python benchmarks/compare.py WORK --check          a minute or two: is something too slow?
    python benchmarks/compare.py WORK --page           write docs/explanation/speed.md

WORK is a directory of this script's own, outside of any project, on a disk. Repositories,
requirements and caches are made there, and in a directory in memory, where the system has that.
`results.json` and `speed.svg` (`check.json` of a check) are left in WORK. The tools are those of
the environment that this runs in; `nox -s bench -- WORK` makes one.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

import report
from contenders import Contender, Stand
from races import RACES, Race, Setup
from results import Machine, Outcome, Results, Samples
from stage import CommandError, Measures, Stage, find_shims, set_stage
from subjects import fetch_requirements, make_repository

_DOCS = Path(__file__).parent.parent / "docs" / "explanation"
_PAGE = _DOCS / "speed.md"
_CHART = "speed.svg"
_RESULTS = "results.json"
_CHECKED = "check.json"
_MARK = "<!-- made by benchmarks/compare.py; everything below this line is -->"

#: A directory without this file is not ours to write into.
_OURS = ".nox-cleanroom-benchmarks"

_CHECK_ROUNDS = 3


def main() -> None:
    """Do what the command line asks for; the status is 1 when a row could not be measured."""
    arguments = _parser().parse_args()
    work: Path = arguments.work.resolve()
    if arguments.page:
        write_page(Results.read(work / _RESULTS))
        return
    races = _chosen(arguments)
    if arguments.list:
        print("\n".join(f"{race.name}: {race.rounds} rounds" for race in races))
        return
    _make_ours(work)
    memory = None if arguments.check else _memory()
    try:
        stages = set_stages(work, memory)
        results = run_races(stages, races, work / (_CHECKED if arguments.check else _RESULTS))
    finally:
        if memory is not None:
            shutil.rmtree(memory)
    outcomes = results.outcomes(races)
    print(f"{results.machine}\n\n{report.text_table(outcomes)}\n")
    if arguments.check:
        sys.exit(check(outcomes))
    print(report.misses(outcomes))
    report.draw_chart(outcomes, work / _CHART)
    sys.exit(any(outcome.verdict == "ERROR" for outcome in outcomes))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("work", type=Path, metavar="WORK", help="the directory for everything that is made")
    add("--rows", default="*", metavar="GLOB,...", help="only these races; `--list` names them")
    add("--all", action="store_true", help="also what takes longer, for the page")
    add("--rounds", type=int, metavar="N", help="how often each contender runs")
    add("--check", action="store_true", help="only what is quick; exit with 1 if it is far off")
    add("--page", action="store_true", help="write the page from the results in WORK")
    add("--list", action="store_true", help="list the races and do nothing")
    return parser


def _chosen(arguments: argparse.Namespace) -> list[Race]:
    races = [race.for_check(_CHECK_ROUNDS) for race in RACES] if arguments.check else RACES
    if arguments.rows == "*" and not arguments.all:
        races = [race for race in races if not race.is_further]
    globs = arguments.rows.split(",")
    return [
        replace(race, rounds=arguments.rounds or race.rounds)
        for race in races
        if race.rows and any(fnmatchcase(race.name, glob) for glob in globs)
    ]


def _make_ours(work: Path) -> None:
    """Make the directory, or make sure that it is ours and nobody's project configures it."""
    if work.exists() and any(work.iterdir()) and not (work / _OURS).exists():
        sys.exit(f"{work} is neither empty nor made by this script.")
    for parent in work.parents:
        if (parent / ".git").exists() or (parent / "pyproject.toml").exists():
            sys.exit(f"{work} lies in the project {parent}, whose configuration tools would find.")
    work.mkdir(parents=True, exist_ok=True)
    (work / _OURS).touch()


def _memory() -> Path | None:
    """A new directory whose files are in memory; None where the system has none."""
    shared = Path("/dev/shm")  # noqa: S108 - of Linux; `mkdtemp` makes a private directory
    return Path(tempfile.mkdtemp(dir=shared)) if os.access(shared, os.W_OK) else None


def set_stages(work: Path, memory: Path | None) -> dict[Setup, Stage]:
    """The stages of all set-ups that there can be here."""
    disk = set_stage(work)
    fetch_requirements(disk)
    stages: dict[Setup, Stage] = {"memory": disk, "disk": disk}
    if memory is not None:
        shutil.copytree(disk.wheels, memory / "wheels")
        stages["memory"] = set_stage(memory)
    shims = find_shims()
    if shims is not None:
        stages["shims"] = set_stage(work, shims)
    return stages


def run_races(stages: Mapping[Setup, Stage], races: Sequence[Race], written: Path) -> Results:
    """Run all races, one after another; what is known is written down after each.

    Args:
        stages: where they run, by set-up; races of other set-ups are left out.
        races: the races.
        written: the JSON file.
    """
    results = Results(machine=Machine.of_stages(stages), samples={})
    for race in races:
        if race.setup not in stages:
            continue
        took = run_race(stages[race.setup], race)
        results = replace(results, samples={**results.samples, race.name: took})
        results.write(written, races)
    return results


def run_race(stage: Stage, race: Race) -> dict[str, Samples]:
    """What the contenders of a race take: they take turns, and each round another one begins."""
    began = time.monotonic()
    stands = dict(_stands(stage, race))
    _let_age(stage, stands.values())
    taken: dict[Contender, list[Measures]] = {contender: [] for contender in race.contenders}
    errors: dict[Contender, str] = {}
    # The round before the first one warms up: caches of the tools, and of the file system.
    for number in range(-race.warm_up, race.rounds):
        for contender in _in_turn(race.contenders, number):
            if contender.once and (number < 0 or taken[contender]):
                continue
            try:
                if contender not in errors:
                    contender.reset(stands[contender])
                    took = contender.run(stands[contender])
                    taken[contender] += [took] if number >= 0 else []
            except CommandError as error:
                errors[contender] = str(error)
    for place in ("subjects", "stands"):
        shutil.rmtree(stage.root / place)
    spent = time.monotonic() - began
    print(f"{race.name}: {race.rounds} rounds in {spent:.0f} s", file=sys.stderr, flush=True)
    return {
        contender.name: Samples(
            figures={
                measure: [took[measure] for took in measured] for measure in (measured or [{}])[0]
            },
            error=errors.get(contender, ""),
        )
        for contender, measured in taken.items()
    }


def _stands(stage: Stage, race: Race) -> Iterator[tuple[Contender, Stand]]:
    repository = make_repository(stage, race.subject)
    for number, contender in enumerate(race.contenders):
        home = stage.root / "stands" / f"{race.name}-{number}"
        (home / "scratch").mkdir(parents=True)
        stage.run("git", "clone", "--quiet", repository, home / "checkout", cwd=home)
        yield (
            contender,
            Stand(
                stage=stage,
                subject=race.subject,
                checkout=home / "checkout",
                scratch=home / "scratch",
            ),
        )


def _let_age(stage: Stage, stands: Iterable[Stand]) -> None:
    """Make all checkouts such as nobody has touched for a while.

    Git reads files that are as young as its index, and we trust no time of the last two seconds.
    (https://git-scm.com/docs/racy-git)
    """
    time.sleep(1.1)
    for stand in stands:
        stage.run("git", "update-index", "--force-write-index", cwd=stand.checkout)
    time.sleep(2.5)


def _in_turn(contenders: Sequence[Contender], number: int) -> Sequence[Contender]:
    first = number % len(contenders)
    return [*contenders[first:], *contenders[:first]]


def check(outcomes: Sequence[Outcome]) -> int:
    """Say which rows are so far off that it is no chance; the status is 1 when there are any."""
    worst = 0
    for outcome in outcomes:
        guard = outcome.row.guard
        if outcome.figure is None or (guard is not None and outcome.figure > guard):
            print(f"TOO SLOW: {report.describe(outcome)}; here {guard:g} is allowed")
            worst = 1
    return worst


def write_page(results: Results) -> None:
    """Write the page's tables and its chart; what stands above the mark stays."""
    outcomes = results.outcomes(RACES)
    head = _PAGE.read_text(encoding="utf-8").partition(_MARK)[0]
    parts = [
        _MARK,
        f"Measured on {results.machine}.",
        report.markdown_table([one for one in outcomes if one.verdict != "context"]),
        "Without a target, for context:",
        report.markdown_table([one for one in outcomes if one.verdict == "context"]),
        f"![The time that each contender takes]({_CHART})",
    ]
    _PAGE.write_text(head + "\n\n".join(parts) + "\n", encoding="utf-8")
    report.draw_chart(outcomes, _DOCS / _CHART)


if __name__ == "__main__":
    main()
