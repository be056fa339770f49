. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "statline"
version = "0.14.0"
requires-python = ">=3.10"
X
w statline/__init__.py <<'X'
try:
    from statline._modern import first
except SyntaxError:
    from statline._plain import first
X
w statline/_modern.py <<'X'
def first[T](rows: list[T]) -> T:
    return rows[0]
X
w statline/_plain.py <<'X'
def first(rows):
    return rows[0]
X
ci init
