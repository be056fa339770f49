"""Put the same faults before this tool and before those that people use now, and write the table.

    python docs/side_by_side.py WORK [FAULT ...]

The faults are those of tests/faults, each in one project. A tool has found one when it ends with
an error, or names it. Everything is installed by this script, into environments under WORK; what has a
result there is not tried again. The table goes to docs/explanation/side-by-side.md.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "faults")]

from faults import FAULTS, SOUND, Fault  # noqa: E402 - found by the line before
from projects import PROJECTS, Project  # noqa: E402

#: The sound project, and the same with an in-tree backend, which some faults need.
UNBROKEN = [one for one in SOUND if one.name in {"unbroken", "unbroken-with-in-tree-backend"}]

PAGE = ROOT / "docs" / "explanation" / "side-by-side.md"
MARK = "<!-- made by docs/side_by_side.py; everything below this line is -->"
NEEDED = ("nox[uv]", "tox", "tox-uv", "check-wheel-contents", "check-sdist", "twine", "build")

NOXFILE = """
import nox

@nox.session(python="3.11", venv_backend="uv")
def smoke(session):
    session.install(".")
    session.run("python", "-c", "import {package}")
"""
TOX = """
[tox]
envlist = py311
[testenv]
package = wheel
wheel_build_env = .pkg
commands = python -c "import {package}"
"""


@dataclass(frozen=True)
class Subject:
    """A repository with a fault in it."""

    fault: Fault
    project: Project
    checkout: Path
    #: Where the programs that are compared are.
    programs: Path

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """What a command in the checkout ends with; the first word is one of the programs."""
        return subprocess.run(
            [str(self.programs / command[0]), *command[1:]],
            cwd=self.checkout,
            check=False,
            capture_output=True,
            text=True,
            timeout=600,
        )

    def built(self, kind: str) -> Path | None:
        """A distribution as a developer builds it in place; None when that fails."""
        out = self.checkout.parent / f"dist-{kind}"
        if not out.exists():
            self.run("uv", "build", "-q", f"--{kind}", "--python", "3.11", "--out-dir", str(out))
        ending = "*.whl" if kind == "wheel" else "*.tar.gz"
        return next(out.glob(ending), None) if out.exists() else None


Answer = subprocess.CompletedProcess[str]


def nox_install(subject: Subject) -> Answer:
    """`session.install(".")` and an import."""
    noxfile = subject.checkout / "noxfile.py"
    noxfile.write_text(NOXFILE.format(package=subject.project.package))
    return subject.run("nox", "-s", "smoke")


def tox_wheel(subject: Subject) -> Answer:
    """`package = wheel` and an import."""
    (subject.checkout / "tox.ini").write_text(TOX.format(package=subject.project.package))
    return subject.run("tox", "-q")


def wheel_contents(subject: Subject) -> Answer | None:
    """`check-wheel-contents` on the wheel; without one there is nothing to find."""
    wheel = subject.built("wheel")
    return subject.run("check-wheel-contents", str(wheel)) if wheel else None


def sdist_contents(subject: Subject) -> Answer:
    """`check-sdist` in the checkout."""
    return subject.run("check-sdist", "--inject-junk")


def twine_check(subject: Subject) -> Answer | None:
    """`twine check --strict` on both distributions."""
    built = [str(path) for kind in ("wheel", "sdist") if (path := subject.built(kind))]
    return subject.run("twine", "check", "--strict", *built) if built else None


def nox_cleanroom(subject: Subject) -> Answer:
    """`nox-cleanroom` as it comes; a warning counts as found."""
    return subject.run("nox-cleanroom", subject.fault.session, "--", "--strict")


TOOLS: Mapping[str, Callable[[Subject], Answer | None]] = {
    "nox-cleanroom": nox_cleanroom,
    'nox, `install(".")`': nox_install,
    "tox, `package = wheel`": tox_wheel,
    "check-wheel-contents": wheel_contents,
    "check-sdist": sdist_contents,
    "twine check": twine_check,
}


def main() -> None:
    work = Path(sys.argv[1]).resolve()
    wanted = set(sys.argv[2:])
    programs = prepare(work)
    # A note is no finding: that fault is one which good packages have, too.
    faults = [one for one in FAULTS if one.expected != "PASSED"]
    for number, fault in enumerate(faults):
        result = work / "results" / f"{fault.name}.json"
        if (not wanted or fault.name in wanted) and not result.exists():
            fitting = [one for one in PROJECTS if one.backend.name in fault.backends]
            project = fitting[number % len(fitting)]
            answers = {name: finds(work, fault, project, name, programs) for name in TOOLS}
            result.write_text(json.dumps({"backend": project.backend.name, "found": answers}))
            print(fault.name, [name for name, found in answers.items() if found], flush=True)
    write_page(work, faults)


def prepare(work: Path) -> Path:
    """The directory of the programs, all in one environment."""
    (work / "results").mkdir(parents=True, exist_ok=True)
    environment = work / "programs"
    programs = environment / ("Scripts" if sys.platform == "win32" else "bin")
    if not programs.exists():
        subprocess.run(["uv", "venv", "-q", "--python", "3.11", str(environment)], check=True)
        wanted = [*NEEDED, f"{ROOT}[uv,readme]"]
        install = ["uv", "pip", "install", "-q", "--python", str(environment)]
        subprocess.run([*install, *wanted], check=True)
    return programs


def finds(work: Path, fault: Fault, project: Project, tool: str, programs: Path) -> bool:
    """Whether a tool finds a fault: it ends with an error, and not for what it says of the
    sound project, too."""
    words = ask(work, fault, project, tool, programs)
    case = (project.backend.name, tool)
    if case not in _SAID_OF_SOUND:
        said = (ask(work, sound, project, tool, programs) for sound in UNBROKEN)
        _SAID_OF_SOUND[case] = frozenset().union(*said)
    return bool(words - _SAID_OF_SOUND[case])


#: What is another in every run: times, digests, names of temporary directories.
_PASSING = re.compile(r"[0-9a-f]{7,}|\btmp\w+|\d+(\.\d+)?")

#: What each tool says about the sound project of each backend.
_SAID_OF_SOUND: dict[tuple[str, str], frozenset[str]] = {}


def ask(work: Path, fault: Fault, project: Project, tool: str, programs: Path) -> frozenset[str]:
    """What a tool says about a fault, line by line, when it ends with an error."""
    home = work / "subject"
    shutil.rmtree(home, ignore_errors=True)
    checkout = home / "checkout"
    write(checkout, fault.inject(project).content)
    for command in (
        ["init", "-q"],
        ["add", "--all"],
        ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-q", "-m", fault.name],
    ):
        subprocess.run(["git", *command], cwd=checkout, check=True)
    write(checkout, fault.left_in_checkout(project))
    answer = TOOLS[tool](Subject(fault, project, checkout, programs))
    if answer is None or answer.returncode == 0:
        return frozenset()
    lines = f"{answer.stdout}\n{answer.stderr}".splitlines()
    return frozenset(_PASSING.sub("0", line) for line in lines)


def write(root: Path, files: Mapping[str, str]) -> None:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content, encoding="utf-8")


def write_page(work: Path, faults: list[Fault]) -> None:
    head = PAGE.read_text().partition(MARK)[0]
    PAGE.write_text(head + "\n".join(lines(work, faults)) + "\n")


def lines(work: Path, faults: list[Fault]) -> Iterator[str]:
    results = {
        fault.name: json.loads(path.read_text())
        for fault in faults
        if (path := work / "results" / f"{fault.name}.json").exists()
    }
    yield MARK
    yield ""
    yield f"{len(results)} faults; the versions were {', '.join(versions(work))}."
    yield ""
    yield f"| fault | what is wrong | {' | '.join(TOOLS)} |"
    yield "|---" * (len(TOOLS) + 2) + "|"
    for fault in faults:
        if fault.name in results:
            found = results[fault.name]["found"]
            marks = " | ".join("found" if found[name] else "-" for name in TOOLS)
            yield f"| {fault.name} | {re.sub('[|]', '/', fault.what)} | {marks} |"
    counts = (sum(one["found"][name] for one in results.values()) for name in TOOLS)
    yield f"| **all** | | {' | '.join(f'**{count}**' for count in counts)} |"


def versions(work: Path) -> list[str]:
    names = [re.split(r"[\[]", name)[0] for name in NEEDED]
    code = f"from importlib.metadata import version; print(*(version(n) for n in {names}))"
    python = prepare(work) / "python"
    done = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)
    return [f"{name} {found}" for name, found in zip(names, done.stdout.split(), strict=True)]


if __name__ == "__main__":
    main()
