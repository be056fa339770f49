"""Group 3: every way to die, and to misbehave, leaves nothing and gets the right verdict."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import BACKEND, PYTHON, Tool, demo_files, git, pyproject, write_files
from independent import deep_snapshot, difference

Make = Callable[..., Path]
SMOKE = f"smoke-{PYTHON}"


def leftovers() -> list[Path]:
    """What a run has left of its own directory, and of its environments."""
    bases = [Path(os.environ["XDG_CACHE_HOME"]), Path(os.environ["TMPDIR"])]
    found = [path for base in bases for path in base.glob("nox-cleanroom*/runs/*")]
    found += [path for base in bases for path in base.glob("nox-cleanroom*/environments/*/*")]
    return sorted(path for path in found if not path.name.startswith("nox-cleanroom."))


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def still_alive(pids: list[int]) -> list[int]:
    """Those that are not gone soon: a signal is sent before its receiver is gone."""
    deadline = time.monotonic() + 5
    while any(map(is_alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return [pid for pid in pids if is_alive(pid)]


def slow_requirement(links: Path, code: str) -> None:
    """A source distribution whose build does `code`, for a requirement that only `links` has."""
    files = {
        "pyproject.toml": pyproject(name="slow_one"),
        "in_tree_backend.py": BACKEND,
        "slow_one.py": "",
        "on_build.py": code,
        "PKG-INFO": "Metadata-Version: 2.1\nName: slow_one\nVersion: 1.0\n",
    }
    write_files(links / "slow_one-1.0", files)
    with tarfile.open(links / "slow_one-1.0.tar.gz", "w:gz") as archive:
        archive.add(links / "slow_one-1.0", "slow_one-1.0")


HANG = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(90)"], start_new_session=True)
with open({marker!r} + ".part", "w") as file: file.write("%d %d" % (os.getpid(), child.pid))
os.rename({marker!r} + ".part", {marker!r})
time.sleep(90)
"""

PHASES = ["filter", "build", "install", "import", "command"]


@pytest.fixture
def hanging(repository: Make, tmp_path: Path) -> Callable[[str], tuple[Path, Path, list[str]]]:
    """A project that hangs in a phase, with a child that left its process group."""

    def make(phase: str) -> tuple[Path, Path, list[str]]:
        marker, links = tmp_path / "hanging", tmp_path / "links"
        code = HANG.format(marker=str(marker))
        options = ["--find-links", str(links)]
        links.mkdir()
        if phase == "filter":
            files = demo_files(**{".gitattributes": "*.bin filter=slow\n", "a.bin": "x"})
        elif phase == "build":
            files = demo_files(**{"on_build.py": code})
        elif phase == "install":
            slow_requirement(links, code)
            files = demo_files(**{"pyproject.toml": pyproject(dependencies=["slow_one"])})
        elif phase == "import":
            files = demo_files(**{"src/demo/__init__.py": code})
        else:
            tool = '[tool.nox-cleanroom]\nsmoke = ["python {project}/hang.py"]\n'
            files = demo_files(**{"hang.py": code, "pyproject.toml": pyproject(tool=tool)})
        root = repository(files)
        if phase == "filter":
            # What writes the files of the commit is git, and what hangs is the developer's own.
            write_files(tmp_path, {"filter.py": code})
            git(root, "config", "filter.slow.smudge", f"{sys.executable} {tmp_path}/filter.py")
        return root, marker, options

    return make


def wait_for(path: Path, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert path.exists(), f"{path.name} never came"


def start(root: Path, *options: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "nox_cleanroom", SMOKE, "--", *options],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize(
    ("numbers", "status"),
    [
        ([signal.SIGINT], 130),
        ([signal.SIGINT] * 3, 130),
        ([signal.SIGTERM], -signal.SIGTERM),
        ([signal.SIGHUP], -signal.SIGHUP),
    ],
    ids=["SIGINT", "SIGINT three times", "SIGTERM", "SIGHUP"],
)
def test_a_signal_ends_everything(
    hanging: Callable[[str], tuple[Path, Path, list[str]]],
    phase: str,
    numbers: list[int],
    status: int,
) -> None:
    root, marker, options = hanging(phase)
    before = deep_snapshot(root)
    run = start(root, *options)
    wait_for(marker)
    for number in numbers:
        os.killpg(run.pid, number)
        time.sleep(0.05)
    output = run.communicate(timeout=60)[0].decode()
    assert run.returncode == status, output
    assert still_alive([int(pid) for pid in marker.read_text().split()]) == []
    assert leftovers() == []
    assert difference(before, deep_snapshot(root)) == []


@pytest.mark.parametrize("phase", PHASES)
def test_what_a_killed_run_had_started_ends_soon(
    hanging: Callable[[str], tuple[Path, Path, list[str]]], phase: str
) -> None:
    root, marker, options = hanging(phase)
    run = start(root, *options)
    wait_for(marker)
    run.kill()
    run.communicate(timeout=60)
    assert still_alive([int(pid) for pid in marker.read_text().split()]) == []


def test_what_the_workers_of_a_killed_nox_had_started_ends_too(
    hanging: Callable[[str], tuple[Path, Path, list[str]]],
) -> None:
    root, marker, _ = hanging("import")
    command = [sys.executable, "-m", "nox_cleanroom", "-j", "2", "smoke"]
    run = subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(marker)
    run.kill()
    run.wait()
    assert still_alive([int(pid) for pid in marker.read_text().split()]) == []


@pytest.mark.parametrize("phase", PHASES)
def test_a_time_limit_ends_a_hang(
    hanging: Callable[[str], tuple[Path, Path, list[str]]], cleanroom: Tool, phase: str
) -> None:
    root, marker, options = hanging(phase)
    before = deep_snapshot(root)
    ran = cleanroom(root, SMOKE, "--", "--timeout", "3", *options)
    assert ran.status == 1, ran.text
    assert ran.evidence["codes"] == ["TIMEOUT"]
    assert still_alive([int(pid) for pid in marker.read_text().split()]) == []
    assert leftovers() == []
    assert difference(before, deep_snapshot(root)) == []


def kill_and_run_again(root: Path, cleanroom: Tool, delays: list[float]) -> None:
    before = deep_snapshot(root)
    for delay in delays:
        run = start(root, "--rebuild")
        time.sleep(delay)
        os.killpg(run.pid, signal.SIGKILL)
        run.communicate(timeout=60)
    ran = cleanroom(root, SMOKE)
    assert ran.status == 0, ran.text
    assert leftovers() == []
    assert difference(before, deep_snapshot(root)) == []


def test_what_killed_runs_left_is_reclaimed(repository: Make, cleanroom: Tool) -> None:
    generator = random.Random(1)
    kill_and_run_again(repository(), cleanroom, [generator.uniform(0.2, 1.4) for _ in range(5)])


@pytest.mark.slow
def test_killed_at_fifty_random_moments(repository: Make, cleanroom: Tool) -> None:
    generator = random.Random()
    kill_and_run_again(repository(), cleanroom, [generator.uniform(0.0, 1.6) for _ in range(50)])


# What a package's import or command may do, and the outcome that it must get.
LIBRARY: dict[str, tuple[str, int, str]] = {
    "a daemon": ("import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(60)\n    os._exit(0)", 0, ""),
    "a daemon of a daemon": ("import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: time.sleep(60)\n    os._exit(0)", 0, ""),
    "a write a second later": ("import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(1)\n    open({late!r}, 'w').close()\n    os._exit(0)", 0, ""),
    "a thread that never ends": ("import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()", 1, "still running"),
    "its working directory removed": ("import os\nos.rmdir(os.getcwd())", 0, ""),
    "standard input read": ("import sys\nassert sys.stdin.read() == ''", 0, ""),
    "standard streams closed": ("import os\nfor fd in (0, 1, 2): os.close(fd)", 0, ""),
    "fifty megabytes printed": ("import sys\nfor n in range(50): sys.stdout.write('x' * 2**20 + chr(10))", 0, ""),
    "a line of two megabytes": ("print('x' * 2**21)\nraise RuntimeError('y' * 2**21)", 1, "RuntimeError"),
    "invalid UTF-8": ("import os\nos.write(1, bytes([255, 254]) * 100)\nraise RuntimeError('\\udcff')", 1, "RuntimeError"),
    "escape sequences": ("print('\\x1b]0;owned\\x07')\nraise RuntimeError('\\x1b[2J::error::x')", 1, "\\x1b[2J"),
    "workflow commands": ("print('::set-env name=X::y')\nraise RuntimeError('a\\n::set-output name=a::b')", 1, "RuntimeError"),
    "exit 0": ("import sys\nsys.exit(0)", 1, "calls sys.exit(0)"),
    "exit without ceremony": ("import os\nos._exit(0)", 1, "ended the interpreter"),
    "exit at the end": ("import atexit, os\natexit.register(os._exit, 0)", 0, ""),
    "a failure at the end": ("import atexit, os\natexit.register(os._exit, 3)", 1, "exit status 3"),
    "a segmentation fault": ("import os\nos.kill(os.getpid(), 11)", 1, "killed by SIGSEGV"),
    "an abort": ("import os\nos.abort()", 1, "killed by SIGABRT"),
    "its own group killed": ("import os\nos.killpg(0, 9)", 1, "killed by SIGKILL"),
    "a keyboard interrupt": ("raise KeyboardInterrupt", 1, "KeyboardInterrupt"),
    "endless recursion": ("def f(): f()\nf()", 1, "RecursionError"),
    "words with a repr of their own": ("class S(str):\n    def __repr__(self): raise OSError\nclass E(Exception):\n    def __str__(self): return S('odd words')\nraise E", 1, "odd words"),
    "an exception that cannot be shown": ("class E(Exception):\n    def __str__(self): raise ValueError\nraise E", 1, "imports"),
    "answers forged": ("import sys, json\nprint(json.dumps({'places': []}))\nimport os\nos._exit(0)", 1, "ended the interpreter"),
    "modules replaced": ("import sys, json\njson.dump = None\nsys.modules['json'] = None", 0, ""),
    "recursion and time limits set": ("import sys, signal\nsys.setrecursionlimit(50)\nsignal.alarm(1)", 0, ""),
}  # fmt: skip


@pytest.mark.parametrize(("code", "status", "words"), LIBRARY.values(), ids=LIBRARY.keys())
def test_an_import_that_misbehaves(
    repository: Make, cleanroom: Tool, tmp_path: Path, code: str, status: int, words: str
) -> None:
    late = tmp_path / "checkout" / "late.txt"
    code = code.replace("{late!r}", repr(str(late)))
    root = repository(demo_files(**{"pyproject.toml": pyproject(), "src/demo/__init__.py": code}))
    before = deep_snapshot(root)
    ran = cleanroom(root, SMOKE, "--", "--timeout", "6")
    assert ran.status == status, ran.text
    assert "Traceback" not in ran.err
    assert words in ran.text
    for char in "\x1b\x07":
        assert char not in ran.text
    assert not any(line.startswith("::") for line in ran.text.splitlines())
    if late.name in code:
        time.sleep(1.2)
    assert difference(before, deep_snapshot(root)) == []
    assert leftovers() == []


COMMANDS: dict[str, str] = {
    "makes the worktree read-only": "for d, _, _ in os.walk(tree): os.chmod(d, 0o500)",
    "makes it immutable": "subprocess.run(['chattr', '-R', '+i', tree], check=False)",
    "deletes the worktree": "shutil.rmtree(tree)",
    "deletes its entry": "shutil.rmtree(entry)",
    "deletes what is behind its .git": "shutil.rmtree(os.path.join(tree, '.git'))",
    "makes its .git a file": "shutil.rmtree(os.path.join(tree, '.git')); open(os.path.join(tree, '.git'), 'w').write('gitdir: ' + entry)",
    "unlocks it": "os.unlink(os.path.join(entry, 'locked'))",
    "locks it for itself": "open(os.path.join(entry, 'locked'), 'w').write('mine')",
    "fills it": "[open(os.path.join(tree, 'f%d' % n), 'w').close() for n in range(500)]",
    "leaves a daemon in it": "subprocess.Popen(['sleep', '60'], cwd=tree, start_new_session=True)",
    "commits in it": "subprocess.run(['git', '-c', 'user.name=x', '-c', 'user.email=x', 'commit', '-qam', 'x', '--allow-empty'], cwd=tree, check=True)",
    "moves it": "os.rename(tree, tree + '-moved')",
    "replaces it by a link": "os.rename(tree, tree + '-moved'); os.symlink('/', tree)",
}  # fmt: skip


@pytest.mark.parametrize("code", COMMANDS.values(), ids=COMMANDS.keys())
def test_a_command_that_treats_the_worktree_badly(
    repository: Make, cleanroom: Tool, code: str
) -> None:
    script = (
        "import os, shutil, subprocess, sys\n"
        "tree = os.path.dirname(os.path.abspath(__file__))\n"
        "shared = open(os.path.join(tree, '.git', 'commondir')).read().strip()\n"
        "entry = os.path.join(shared, 'worktrees', os.path.basename(tree))\n" + code
    )
    tool = '[tool.nox-cleanroom]\nsmoke = ["python {project}/act.py"]\n'
    root = repository(demo_files(**{"pyproject.toml": pyproject(tool=tool), "act.py": script}))
    before = deep_snapshot(root)
    ran = cleanroom(root, SMOKE)
    assert ran.status == 0, ran.text
    assert difference(before, deep_snapshot(root)) == []
    assert leftovers() == []


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary directory on a disk of its own, of two megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only where a file system can be mounted")
    monkeypatch.setenv("XDG_CACHE_HOME", str(place))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    return place


@pytest.mark.parametrize("where", ["worktree", "build"])
def test_a_full_disk(
    repository: Make, cleanroom: Tool, small_disk: Path, tmp_path: Path, where: str
) -> None:
    code = "open('big', 'wb').write(b'x' * 4 * 2**20)\n"
    files = {"big.bin": "x" * 4 * 2**20} if where == "worktree" else {"on_build.py": code}
    try:
        root = repository(demo_files(**files))
        before = deep_snapshot(root)
        ran = cleanroom(root, SMOKE)
        assert ran.status == 3, ran.text
        assert "NO_SPACE" in ran.text
        assert difference(before, deep_snapshot(root)) == []
        assert leftovers() == []
    finally:
        subprocess.run(["umount", "-l", str(small_disk)], check=False)


def run_at_once(root: Path, commands: list[list[str]]) -> list[tuple[int, str]]:
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for command in commands
    ]
    outputs = [run.communicate(timeout=300)[0].decode("utf-8", "replace") for run in runs]
    return [(run.returncode, output) for run, output in zip(runs, outputs, strict=True)]


def several_kinds(count: int) -> list[list[str]]:
    table = [
        ["nox_cleanroom", SMOKE],
        ["nox_cleanroom", "matrix"],
        ["nox", "-s", "smoke"],
        ["nox", "-s", "matrix"],
    ]
    return [table[number % len(table)] for number in range(count)]


def shared(repository: Make) -> Path:
    tool = f"[tool.nox-cleanroom]\npythons = ['{PYTHON}']\n"
    noxfile = "import nox_cleanroom\nnox_cleanroom.define_sessions()\n"
    root = repository(demo_files(**{"pyproject.toml": pyproject(tool=tool), "noxfile.py": noxfile}))
    # Nox's own directories are there before anything is compared.
    run_at_once(root, [["nox", "-s", "smoke"]])
    return root


@pytest.mark.parametrize("count", [2, 8])
def test_several_runs_at_once(repository: Make, count: int) -> None:
    root = shared(repository)
    before = git(root, "status", "--porcelain", "--ignored"), git(root, "worktree", "list")
    done = run_at_once(root, several_kinds(count))
    assert [status for status, _ in done] == [0] * count, "\n".join(text for _, text in done)
    after = git(root, "status", "--porcelain", "--ignored"), git(root, "worktree", "list")
    assert after == before
    assert leftovers() == []


@pytest.mark.slow
def test_eight_runs_at_once_twenty_times(repository: Make) -> None:
    root = shared(repository)
    for _ in range(20):
        done = run_at_once(root, several_kinds(8))
        assert [status for status, _ in done] == [0] * 8, "\n".join(text for _, text in done)
    assert git(root, "worktree", "list").count("\n") == 1
    assert leftovers() == []


def test_evidence_stays_valid_whatever_was_printed(repository: Make, cleanroom: Tool) -> None:
    code = "import os\nos.write(1, bytes(range(256)))\nraise RuntimeError(bytes(range(256)).decode('latin-1'))\n"
    ran = cleanroom(repository(demo_files(**{"src/demo/__init__.py": code})), SMOKE)
    assert ran.status == 1
    assert json.loads(json.dumps(ran.evidence)) == ran.evidence
