"""Reports of a run for people and machines, one module each.

A report is a function of the record of a run, and so is the list of jobs for a CI vendor, which
`--emit` prints. They read nothing else.
"""
