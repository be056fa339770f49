"""Compiles modules without running them. Called as

    python -I -S compiling.py SOURCES

SOURCES is a directory of our own with modules in it. Beside each one its bytecode is put, which
names the digest of the source that it is of: an interpreter then takes it for the bytecode of no
other source, whatever the times of the files are (PEP 552).
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
                # What does not compile is no error before somebody imports it.
                continue


if __name__ == "__main__":
    main()
