. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
[project]
name = "campussync"
version = "3.0.0"
requires-python = ">=3.10"
[project.scripts]
campussync = "campussync.config:create"
X
w campussync/__init__.py </dev/null
w campussync/config.py <<'X'
from campussync.logins import Login


def create():
    print(Login().token("text/html; charset=utf-8"))
X
w campussync/logins/__init__.py <<'X'
from campussync.logins.general import Login
X
w campussync/logins/general.py <<'X'
from campussync.parsers import charset


class Login:
    def token(self, header):
        return charset(header)
X
w campussync/parsers.py <<'X'
import cgi


def charset(header):
    return cgi.parse_header(header)[1].get("charset")
X
ci init
