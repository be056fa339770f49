set -e
r=$1; mkdir -p "$r"; cd "$r"; git init -q -b main; git config user.email dev@example.org; git config user.name Dev
ci() { git add -A; git commit -q -m "$1"; }
w() { mkdir -p "$(dirname "$1")"; cat > "$1"; }
w pyproject.toml <<'X'
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "fooldesk"
version = "0.3.1"
requires-python = ">=3.11"
dependencies = ["tabulate; python_version >= '3.11.2'"]
X
w fooldesk/__init__.py <<'X'
import sys

if sys.version_info >= (3, 11, 2):
    import tabulate
else:
    tabulate = None
X
ci init
