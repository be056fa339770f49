"""Commands end, with all that they started, whatever they do."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nox_cleanroom import redaction
from nox_cleanroom.errors import InterruptedRunError
from nox_cleanroom.processes import process, strays, supervision

ENV = {"PATH": os.defpath}


def run(code: str, tmp_path: Path, **more: float) -> process.Completed:
    command = [sys.executable, "-I", "-S", "-c", code]
    return process.run(command, cwd=tmp_path, env=ENV, **more)  # type: ignore[arg-type]


def show(text: str, tmp_path: Path) -> process.Completed:
    """Run a command that writes a text."""
    (tmp_path / "text").write_text(f"{text}\n")
    return process.run(["cat", "text"], cwd=tmp_path, env=ENV)


def wait_for(path: Path) -> None:
    """Wait until a process has made a file."""
    deadline = time.monotonic() + 20
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.005)


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def ends(pid: int) -> bool:
    """Whether a process is gone soon: a signal is sent before its receiver is gone."""
    deadline = time.monotonic() + 5
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_running(pid)


def test_success_and_failure_are_values(tmp_path: Path) -> None:
    assert run("print('said')", tmp_path).succeeded
    failed = run("import sys; print('oh', file=sys.stderr); sys.exit(3)", tmp_path)
    assert (failed.exit_status, failed.ending, failed.output) == (3, "exit status 3", "oh\n")


def test_a_signal_is_named(tmp_path: Path) -> None:
    assert run("import os; os.kill(os.getpid(), 11)", tmp_path).ending == "killed by SIGSEGV"


def test_a_program_that_is_not_there_is_a_value_too(tmp_path: Path) -> None:
    done = process.run(["/no/such/program"], cwd=tmp_path, env=ENV)
    assert done.exit_status is None
    assert not done.succeeded
    assert "No such file" in done.output


def test_the_time_limit_ends_the_whole_group(
    tmp_path: Path, expire: Callable[[Path], None]
) -> None:
    code = "import subprocess, time; p = subprocess.Popen(['sleep', '60']); print(p.pid, flush=True); open('said', 'w'); time.sleep(60)"
    expire(tmp_path / "said")
    done = run(code, tmp_path, timeout_seconds=60)
    assert done.timed_out
    assert "still running after" in done.ending
    assert ends(int(done.output))


def test_a_process_that_ignores_sigterm_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expire: Callable[[Path], None]
) -> None:
    monkeypatch.setattr(supervision, "_GRACE_SECONDS", 0.1)
    code = (
        "import signal, time; signal.signal(15, signal.SIG_IGN); open('ready', 'w'); time.sleep(60)"
    )
    expire(tmp_path / "ready")
    started = time.monotonic()
    assert run(code, tmp_path, timeout_seconds=60).timed_out
    assert time.monotonic() - started < 20


DAEMON = """
import os, sys, time
if os.fork() == 0:
    {session}
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        time.sleep(60)
    os._exit(0)
os.wait()
time.sleep(0.2)
"""


@pytest.mark.parametrize("session", ["pass", "os.setsid()"])
def test_a_daemon_does_not_outlive_its_step(tmp_path: Path, session: str) -> None:
    started = time.monotonic()
    done = run(DAEMON.format(session=session), tmp_path)
    assert done.succeeded
    assert time.monotonic() - started < 20
    assert ends(int(done.output))


def test_only_the_end_of_a_flood_is_kept(tmp_path: Path) -> None:
    done = run("import sys; sys.stdout.write('x' * 5_000_000 + 'end')", tmp_path)
    assert done.output.endswith("end")
    assert len(done.output) < 2 * process.TAIL_BYTES


def test_a_secret_that_the_end_would_cut_in_two_is_not_kept(tmp_path: Path) -> None:
    secret = "HEADHEADHEADHEAD-TAILTAILTAILTAIL"
    redaction.learn_from({"MY_TOKEN": secret})
    for place in range(len(secret)):
        after = process.TAIL_BYTES - place
        done = show("x" * 50_000 + secret + "y" * (after - 1), tmp_path)
        assert "TAIL" not in done.output
        assert "HEAD" not in done.output
        assert done.output.endswith("y\n")


def test_what_is_left_of_a_url_that_was_cut_is_not_kept(tmp_path: Path) -> None:
    # Nobody knows this secret: it is only told by what stands around it.
    url = "https://me:HEADHEAD-TAILTAIL@localhost/x"
    for place in (20, 25, 30):
        after = process.TAIL_BYTES - len(url) + place
        done = show("x " * 50_000 + url + " " + "y" * (after - 2), tmp_path)
        assert "TAIL" not in done.output
        assert done.output.endswith("y\n")


def test_invalid_utf8_is_replaced(tmp_path: Path) -> None:
    done = run("import sys; sys.stdout.buffer.write(b'a\\xff')", tmp_path)
    assert done.output == "a\ufffd"


def test_standard_input_is_closed(tmp_path: Path) -> None:
    assert run("import sys; print(repr(sys.stdin.read()))", tmp_path).output == "''\n"


def test_standard_output_can_go_to_a_file_of_its_own(tmp_path: Path) -> None:
    code = "import sys; print('out'); print('err', file=sys.stderr)"
    file = tmp_path / "stdout"
    done = process.run([sys.executable, "-c", code], cwd=tmp_path, env=ENV, stdout=file)
    assert (file.read_text(), done.output) == ("out\n", "err\n")


@pytest.mark.skipif(not Path("/proc").exists(), reason="only there processes can be looked at")
def test_a_stray_with_a_number_from_before_is_ended_with_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "import subprocess; print(subprocess.Popen(['sleep', '60'], start_new_session=True, stdout=-3).pid)"
    with supervision.supervised():
        # None is younger than the command.
        monkeypatch.setattr("nox_cleanroom.processes.strays.process_ids", frozenset)
        pid = int(run(code, tmp_path).output)
        monkeypatch.undo()
        assert is_running(pid)
    assert ends(pid)


#: A daemon in a session of its own, with nothing in its environment.
NAMELESS = """
import os, subprocess, sys
code = "import time; time.sleep(60)"
words = [sys.executable, "-c", code]
if os.fork() == 0:
    os.setsid()
    daemon = subprocess.Popen(words, env={}, start_new_session=True, stdout=-3, stderr=-3)
    print(daemon.pid, flush=True)
    os._exit(0)
os.wait()
"""


#: The same by a shell, which goes on to wait for a child of its own.
SHELL = NAMELESS.replace(
    'words = [sys.executable, "-c", code]',
    """words = ["sh", "-c", f"{sys.executable} -c '{code}'; true"]""",
)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands orphans to us")
def test_a_daemon_without_an_environment_does_not_outlive_its_step(tmp_path: Path) -> None:
    with supervision.supervised():
        done = run(NAMELESS, tmp_path)
        assert done.succeeded
        assert ends(int(done.output))


#: A command that ends when there is a file.
UNTIL_TOLD = """
import os, time
open("started", "w").close()
while not os.path.exists("end"):
    time.sleep(0.005)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands orphans to us")
def test_beside_another_command_it_lives_until_that_ends(tmp_path: Path) -> None:
    # For it might be that command's; and neither that command nor ours outside of `run` is ended.
    with supervision.supervised():
        other = threading.Thread(target=run, args=(UNTIL_TOLD, tmp_path))
        other.start()
        mine = subprocess.Popen(["sleep", "60"])
        wait_for(tmp_path / "started")
        pid = int(run(NAMELESS, tmp_path).output)
        assert is_running(pid)
        assert other.is_alive()
        (tmp_path / "end").touch()
        other.join()
        assert ends(pid)
        assert mine.poll() is None
    assert mine.poll() is None
    mine.kill()
    mine.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize(
    ("leave", "watched_for"),
    [
        ("", 0.0),
        ("import os\nif os.fork(): os.wait()\nos.setsid()\n", 0.0),
        # Only the watcher knows of it, when it has had a look.
        (NAMELESS, 3 * strays._INTERVAL_SECONDS),
    ],
    ids=["in its group", "in a session of its own", "without an environment"],
)
def test_what_a_killed_run_had_started_ends(tmp_path: Path, leave: str, watched_for: float) -> None:
    # Other runs of these tests may have such processes, too.
    leave = leave.replace("time.sleep(60)", f"time.sleep(60) # {tmp_path}")
    child = f"# {tmp_path}\n{leave}\nimport os, time\nopen('aside', 'w').write(str(os.getpid()))\nos.rename('aside', 'pid')\ntime.sleep(60)\n"
    script = (
        "import os, sys\nfrom nox_cleanroom.processes import process, supervision\n"
        f"with supervision.supervised():\n    process.run([sys.executable, '-c', {child!r}], cwd='.', env={{}})\n"
    )
    run = subprocess.Popen([sys.executable, "-c", script], cwd=tmp_path)
    wait_for(tmp_path / "pid")
    time.sleep(watched_for)
    before = strays.process_ids()
    words = (str(tmp_path), f"{strays.__file__}\0{run.pid}\0")
    if before:
        assert len(running_with(before, *words)) >= 2
    run.kill()
    run.wait()
    assert ends(int((tmp_path / "pid").read_text()))
    deadline = time.monotonic() + 5
    while running_with(before, *words) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert running_with(before, *words) == []


def running_with(among: frozenset[int], *words: str) -> list[int]:
    """The processes that run, and whose command lines have one of the words."""
    found = []
    for pid in among:
        with contextlib.suppress(OSError):
            line = os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes())
            if any(word in line for word in words) and is_running(pid):
                found.append(pid)
    return found


def test_stubborn_commands_are_ended_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grace = 0.3
    monkeypatch.setattr(supervision, "_GRACE_SECONDS", grace)
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); open(str(time.time_ns()), 'w'); time.sleep(60)"

    def stubborn() -> None:
        with contextlib.suppress(InterruptedRunError):
            run(code, tmp_path)

    threads = [threading.Thread(target=stubborn) for _ in range(6)]
    for thread in threads:
        thread.start()
    while len(list(tmp_path.iterdir())) < 6:
        time.sleep(0.02)
    started = time.monotonic()
    try:
        supervision.stop_all()
        for thread in threads:
            thread.join(20)
        # One after the other they would have taken six times their time.
        assert time.monotonic() - started < 4 * grace
    finally:
        supervision.allow_starts()


def test_a_watcher_that_cannot_be_started_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/no/such/python")
    with supervision.supervised():
        assert process.run(["true"], cwd=tmp_path, env=ENV).succeeded


def test_on_windows_the_watcher_ends_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setattr(strays, "end_tree", ended.append)
    watcher = strays._Watcher(1, "MARK=x")
    reads = iter([b"+12\n+1", b"3\n-12\n", b""])
    monkeypatch.setattr("os.read", lambda *_: next(reads))
    watcher.watch()
    watcher.end_all()
    assert ended == [13]


def test_ending_the_run_ends_what_is_running_and_starts_nothing_more(tmp_path: Path) -> None:
    caught: list[BaseException] = []

    def wait_for_it() -> None:
        try:
            run("import time; open('started', 'w').close(); time.sleep(60)", tmp_path)
        except InterruptedRunError as error:
            caught.append(error)

    thread = threading.Thread(target=wait_for_it)
    thread.start()
    wait_for(tmp_path / "started")
    try:
        supervision.stop_all()
        thread.join(20)
        assert not thread.is_alive()
        assert len(caught) == 1
        with pytest.raises(InterruptedRunError):
            run("pass", tmp_path)
    finally:
        supervision.allow_starts()


def test_output_is_handed_over_as_it_comes(tmp_path: Path) -> None:
    heard: list[str] = []
    gate = tmp_path / "gate"
    code = (
        "import os, sys, time\n"
        "print('first', flush=True)\n"
        f"while not os.path.exists({str(gate)!r}): time.sleep(0.01)\n"
        "print('second'); sys.stdout.write('no end of line')\n"
    )

    def hear(line: str) -> None:
        heard.append(line)
        gate.touch()

    # It would wait for ever if its first line came only at its end.
    done = process.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={}, timeout_seconds=60, echo=hear
    )
    assert done.succeeded
    assert heard == ["first", "second", "no end of line"]
    assert done.output == "first\nsecond\nno end of line"
