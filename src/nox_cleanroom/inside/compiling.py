"""Compiles modules without running them. Usage:

    python -I -S compiling.py SOURCES

SOURCES is a directory of our own with modules in it. Each module's bytecode is written beside it,
with the digest of its source. An interpreter then accepts it as the bytecode of this source only,
whatever the times of the files are (PEP 552).
"""

import os
import py_compile
import sys


def main():
    for directory, _, names in os.walk(sys.argv[1]):
        for name in names:
            path = os.path.join(directory, name)
            try:
                py_compile.compile(
                    path,
                    cfile=path + "c",
                    doraise=True,
                    invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH,
                )
            except Exception:
                # A module that does not compile is no error until it is imported.
                continue


if __name__ == "__main__":
    main()
