"""The HTML report in a real browser: nothing is wrong with it, and it fits a telephone."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from samples import BROKEN, FINE, NO_BUILD, cell, created, full_run, run

from nox_cleanroom.reports.html import html
from nox_cleanroom.results import Run, Step

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)

#: Says how wide a page is in a frame of 360 pixels.
FRAME = """<!doctype html><iframe src="{page}" width="360" height="900" style="border:0"></iframe>
<p id="wide">unknown</p><script>
addEventListener("load", () => {{
  const page = document.querySelector("iframe").contentDocument.documentElement;
  document.querySelector("#wide").textContent = page.scrollWidth + " of " + page.clientWidth;
}});
</script>"""

STEPS = tuple(
    Step(
        name=f"step {number}",
        command=("x",),
        exit_status=number % 2,
        started=number / 9,
        duration=0.1,
    )
    for number in range(40)
)
LONG = "averylongnamewithoutanyblank" * 20
RUNS = {
    "green": run(cell("3.11", *FINE, steps=STEPS), cell("3.12", *FINE), session="matrix"),
    "red": run(cell("3.11", BROKEN), cell("3.12", problems=(NO_BUILD,)), session="matrix"),
    "partly missing": run(
        cell("3.11", *FINE),
        session="matrix",
        missing=("3.14",),
        changes=(created(LONG, "smoke-3.11: build"),),
    ),
    "interrupted": run(cell("3.11", steps=STEPS[:3]), session="matrix"),
    "long words": run(cell(LONG, BROKEN.of(LONG, LONG, LONG, output=LONG)), notes=(LONG,)),
    "every value": full_run(),
}


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here")
@pytest.mark.parametrize("one", RUNS.values(), ids=RUNS)
def test_it_is_shown_without_errors_and_without_scrolling_sideways(
    one: Run, tmp_path: Path
) -> None:
    page, frame = tmp_path / "report.html", tmp_path / "frame.html"
    page.write_text(html(one), encoding="utf-8")
    frame.write_text(FRAME.format(page=page.as_uri()), encoding="utf-8")
    assert BROWSER is not None
    command = [
        *(BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
        *("--allow-file-access-from-files", "--enable-logging=stderr", "--dump-dom"),
        *(f"--user-data-dir={tmp_path / 'profile'}", frame.as_uri()),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "CONSOLE" not in done.stderr
    shown = re.search(r'<p id="wide">(\d+) of (\d+)</p>', done.stdout)
    assert shown is not None, done.stdout
    assert shown[1] == shown[2]
