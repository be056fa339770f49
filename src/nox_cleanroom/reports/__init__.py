"""Reports of a run for people and machines, one module each.

A report is a function of the record of a run. It reads nothing else. The list of jobs for a CI
vendor, which `--emit` prints, is a function of the cells.
"""
