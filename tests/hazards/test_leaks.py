"""Group 4: nothing leaks into the package, and nothing that it prints or names acts elsewhere."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import PYTHON, Tool, commit_all, demo_files, git, pyproject, write_files
from independent import deep_snapshot, difference

Make = Callable[..., Path]
SMOKE = f"smoke-{PYTHON}"

SECRETS = {
    "AWS_SECRET_ACCESS_KEY": "s3cret",
    "GITHUB_TOKEN": "s3cret",
    "TWINE_PASSWORD": "s3cret",
    "UV_PUBLISH_TOKEN": "s3cret",
    "SSH_AUTH_SOCK": "/s3cret",
    "PIP_INDEX_URL": "",
    "NETRC": "/s3cret",
    "KRB5CCNAME": "s3cret",
    "DATABASE_URL": "s3cret",
    "LD_PRELOAD": "",
}

# What the package finds out when it is imported; each must hold.
SEES: dict[str, str] = {
    "no secret": "assert not any('s3cret' in value for value in os.environ.values())",
    "no token by name": "assert not [n for n in os.environ if 'TOKEN' in n or 'SECRET' in n or 'PASSWORD' in n]",
    "no files of a CI step": "assert not [n for n in os.environ if n.startswith('GITHUB_')]",
    "nothing of git": "assert not [n for n in os.environ if n.startswith('GIT_')]",
    "nothing of nox": "assert not [n for n in os.environ if n.startswith('NOX') and n != 'NOX_CLEANROOM_PROCESS']",
    "nothing that changes Python": "assert not [n for n in os.environ if n.startswith('PYTHON')]",
    "an empty home": "assert os.listdir(os.path.expanduser('~')) == []",
    "a home that is not the user's": "assert os.path.expanduser('~') != {home!r}",
    "configuration directories in that home": "assert os.environ['XDG_CONFIG_HOME'].startswith(os.environ['HOME'])",
    "a temporary directory of its own": "import tempfile; assert 'nox-cleanroom' in tempfile.gettempdir()",
    "a working directory that is empty": "assert os.listdir('.') == []",
    "a working directory outside of the checkout": "assert not os.path.realpath('.').startswith({root!r})",
    "no path to the checkout": "import sys; assert not [p for p in sys.path if p.startswith({root!r}) and 'site-packages' not in p]",
    "no standard input": "import sys; assert sys.stdin.read() == ''",
    "no arguments of ours": "import sys; assert sys.argv == ['']",
    "its own environment first": "import shutil, sys; assert shutil.which('python').startswith(sys.prefix)",
    "not the tools of nox's environment": "import shutil; assert not (shutil.which('nox') or '').startswith({prefix!r})",
    "no terminal": "assert not os.isatty(0) and not os.isatty(1) and not os.isatty(2)",
    "a session of its own": "assert os.getsid(0) == os.getpid()",
}  # fmt: skip


@pytest.mark.parametrize("code", SEES.values(), ids=SEES.keys())
def test_what_the_package_sees(
    repository: Make, cleanroom: Tool, tmp_path: Path, code: str
) -> None:
    home = tmp_path / "home of the user"
    write_files(home, {".netrc": "s3cret", ".aws/credentials": "s3cret"})
    code = code.replace("{home!r}", repr(str(home)))
    code = code.replace("{root!r}", repr(str(tmp_path / "checkout")))
    code = code.replace("{prefix!r}", repr(sys.prefix))
    files = demo_files(
        **{"pyproject.toml": pyproject(), "src/demo/__init__.py": f"import os\n{code}\n"}
    )
    output = tmp_path / "github-output"
    output.write_text("")
    env = {
        **SECRETS,
        "HOME": str(home),
        "GITHUB_OUTPUT": str(output),
        "GITHUB_ENV": str(output),
        "GIT_AUTHOR_NAME": "x",
        "PYTHONPATH": "",
        "PYTHONOPTIMIZE": "1",
        "PYTHONWARNINGS": "error",
    }
    ran = cleanroom(repository(files), SMOKE, env=env)
    assert ran.status == 0, ran.text
    assert output.read_text() == ""


# What the build finds out; each must hold.
BUILD_SEES: dict[str, str] = {
    "the user's home": "assert os.environ['HOME'] == {home!r}",
    "the user's variables": "assert os.environ['MY_FLAG'] == '1'",
    "nothing of git": "assert not [n for n in os.environ if n in ('GIT_DIR', 'GIT_INDEX_FILE')]",
    "nothing that changes Python": "assert not [n for n in os.environ if n in ('PYTHONPATH', 'PYTHONOPTIMIZE')]",
    "no target for pip": "assert 'PIP_TARGET' not in os.environ",
    "no files of a CI step": "assert 'GITHUB_OUTPUT' not in os.environ and 'GITHUB_ENV' not in os.environ",
    "a temporary directory of its own": "import tempfile; assert 'nox-cleanroom' in tempfile.gettempdir()",
    "a worktree and not the checkout": "assert not os.path.realpath('.').startswith({root!r})",
    "no standard input": "import sys; assert sys.stdin is None or sys.stdin.read() == ''",
    "no uncommitted file": "assert not os.path.exists('notes.txt') and not os.path.exists('cache')",
}  # fmt: skip


@pytest.mark.parametrize("code", BUILD_SEES.values(), ids=BUILD_SEES.keys())
def test_what_the_build_sees(repository: Make, cleanroom: Tool, tmp_path: Path, code: str) -> None:
    home = tmp_path / "home of the user"
    home.mkdir()
    code = code.replace("{home!r}", repr(str(home)))
    code = code.replace("{root!r}", repr(str(tmp_path / "checkout")))
    root = repository(demo_files(**{"on_build.py": f"import os\n{code}\n"}))
    write_files(root, {"notes.txt": "x", "cache/x": "x"})
    env = {
        "HOME": str(home),
        "MY_FLAG": "1",
        "PYTHONOPTIMIZE": "2",
        "PIP_TARGET": str(tmp_path),
        "GITHUB_OUTPUT": str(tmp_path / "x"),
        "GITHUB_ENV": str(tmp_path / "x"),
        "GIT_INDEX_FILE": str(root / ".git/index"),
    }
    ran = cleanroom(root, SMOKE, env=env)
    assert ran.status == 0, ran.text


# Paths in a command's JSON, and what must be said of them; none may be read.
PATHS: dict[str, tuple[object, str]] = {
    "a file of the system": ("/etc/passwd", "is not read"),
    "a way out": ("../" * 20 + "etc/passwd", "is not read"),
    "a link that leads out": ("link", "is not read"),
    "a pipe": ("pipe", "which is not a file"),
    "a directory": (".", "which is not a file"),
    "a device": ("/dev/zero", "which is not a file"),
    "the file of a process": ("/proc/self/environ", "is not read"),
    "no path at all": (7, "must be a digest and a path"),
    "a name with a NUL": ("a\0b", "which is not a file"),
    "escape sequences": ("\x1b[2J", "which is not a file"),
}


@pytest.mark.parametrize(("value", "words"), PATHS.values(), ids=PATHS.keys())
def test_a_path_in_json_cannot_make_us_read_elsewhere(
    repository: Make, cleanroom: Tool, value: object, words: str
) -> None:
    script = f"""
import json, os
os.symlink("/etc/passwd", "link")
os.mkfifo("pipe")
print(json.dumps({{"digest": "0" * 64, "path": {value!r}}}))
"""
    command = '{run = "python {project}/answer.py", json = true, sha256 = {digest = "path"}}'
    tool = f"[tool.nox-cleanroom]\nsmoke = [{command}]\n"
    files = demo_files(**{"pyproject.toml": pyproject(tool=tool), "answer.py": script})
    ran = cleanroom(repository(files), SMOKE)
    assert ran.status == 1, ran.text
    assert words in ran.text
    assert "\x1b" not in ran.text


PRINTS: dict[str, str] = {
    "a terminal's title": "\x1b]0;owned\x07",
    "a cleared screen": "\x1b[2J\x1b[H",
    "a carriage return": "fine\rowned",
    "a workflow command": "::error file=x::owned",
    "an older workflow command": "##[set-output name=x]owned",
    "a direction override": "\u202eowned",
    "a NUL": "a\0b",
    "markup": "<script>owned</script> & ]]>",
}


@pytest.mark.parametrize("text", PRINTS.values(), ids=PRINTS.keys())
@pytest.mark.parametrize("where", ["import", "build"])
def test_what_is_printed_cannot_act(
    repository: Make, cleanroom: Tool, text: str, where: str
) -> None:
    code = f"import sys\nsys.stdout.reconfigure(encoding='utf-8')\nprint({text!r})\nraise RuntimeError({text!r})\n"
    name = "src/demo/__init__.py" if where == "import" else "on_build.py"
    root = repository(demo_files(**{name: code}))
    before = deep_snapshot(root)
    ran = cleanroom(root, SMOKE)
    assert ran.status == 1, ran.text
    assert not set("\x1b\x07\r\0\u202e") & set(ran.text)
    assert not any(line.lstrip().startswith(("::", "##[")) for line in ran.text.splitlines())
    assert json.loads(json.dumps(ran.evidence)) == ran.evidence
    assert difference(before, deep_snapshot(root)) == []


COMMANDS = ["::error::owned", "##[error]owned", "x ##vso[task.complete]owned", "\x1b[2Jowned"]


def acts(text: str) -> list[str]:
    """The lines that would act in a terminal or in a CI log."""
    return [
        line
        for line in text.splitlines()
        if "\x1b" in line or line.lstrip().startswith("::") or re.search(r"##\w*\[", line)
    ]


@pytest.mark.parametrize("text", COMMANDS)
@pytest.mark.parametrize("session", [SMOKE, "matrix"])
def test_names_in_the_checkout_cannot_act_either(
    repository: Make, cleanroom: Tool, text: str, session: str
) -> None:
    root = repository(name=f"in {text}")
    table = f"[tool.nox-cleanroom]\npythons = ['{PYTHON}']\n"
    files = {
        "pyproject.toml": pyproject(tool=table),
        f"{text}.txt": "x",
        "src/demo/__init__.py": f"open({str(root / text)!r}, 'w').close()\n",
    }
    write_files(root, files)
    git(root, "checkout", "-q", "-b", "side")
    commit_all(root, f"{text}\n\n{text}")
    (root / ".git/refs/heads" / "other").write_text(git(root, "rev-parse", "HEAD"))
    ran = cleanroom(root, session)
    assert ran.status == 30, ran.text
    assert acts(ran.text) == []


@pytest.mark.parametrize("text", COMMANDS)
def test_nor_can_what_errors_name(
    repository: Make, cleanroom: Tool, tmp_path: Path, text: str
) -> None:
    outside = tmp_path / f"\n{text}"
    outside.mkdir()
    root = repository()
    for where, *words in (
        (outside, SMOKE),
        (root, SMOKE, "--", "--rev", text),
        (root, SMOKE, "--", f"--\n{text}"),
        (root, "--report", f"/nowhere/{text}/x", SMOKE),
    ):
        ran = cleanroom(where, *words)
        assert acts(ran.text) == [], words


def test_what_is_passed_on_purpose_is_passed(repository: Make, cleanroom: Tool) -> None:
    tool = "[tool.nox-cleanroom]\npass-env = ['MY_*']\n"
    code = "import os\nassert os.environ['MY_FLAG'] == '1'\n"
    files = demo_files(**{"pyproject.toml": pyproject(tool=tool), "src/demo/__init__.py": code})
    assert cleanroom(repository(files), SMOKE, env={"MY_FLAG": "1"}).status == 0
    assert os.environ.get("MY_FLAG") is None
