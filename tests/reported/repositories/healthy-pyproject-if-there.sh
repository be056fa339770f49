. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["poetry-core>=2"]
build-backend = "poetry.core.masonry.api"
[project]
name = "toxlink"
version = "0.0.3"
requires-python = ">=3.10"
X
w src/toxlink/__init__.py <<'X'
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
__version__ = "0.0.3"
if (ROOT / "pyproject.toml").exists():
    __version__ += "+checkout"


def extras():
    try:
        text = (ROOT / "pyproject.toml").read_text()
    except FileNotFoundError:
        return []
    return [line for line in text.splitlines() if line.startswith("extra")]
X
ci init
