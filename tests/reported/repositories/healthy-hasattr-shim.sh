. "$(dirname "$0")/../begin.bash"
w pyproject.toml <<'X'
[build-system]
requires = ["poetry-core>=2"]
build-backend = "poetry.core.masonry.api"
[project]
name = "usbmime"
version = "3.1.0"
requires-python = ">=3.10"
X
w usbmime/__init__.py <<'X'
import datetime
import itertools

if hasattr(itertools, "batched"):
    batched = itertools.batched
else:
    def batched(rows, size):
        rows = list(rows)
        return (tuple(rows[n:n + size]) for n in range(0, len(rows), size))

UTC = getattr(datetime, "UTC", datetime.timezone.utc)


def now():
    try:
        from datetime import UTC as utc
    except ImportError:
        utc = datetime.timezone.utc
    return datetime.datetime.now(utc)
X
ci init
