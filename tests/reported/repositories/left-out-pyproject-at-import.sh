. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["poetry-core>=2"]
build-backend = "poetry.core.masonry.api"
[project]
name = "paywave"
version = "2.2.2"
requires-python = ">=3.10"
X
w paywave/__init__.py <<'X'
from paywave.client import Client
X
w paywave/utils.py <<'X'
import re
from pathlib import Path


def project_version():
    text = (Path(__file__).parent.parent / "pyproject.toml").read_text()
    return re.search(r'^version = "(.+)"', text, re.M).group(1)


USER_AGENT = "paywave " + project_version()
X
w paywave/client.py <<'X'
from paywave.utils import USER_AGENT


class Client:
    agent = USER_AGENT
X
ci init
