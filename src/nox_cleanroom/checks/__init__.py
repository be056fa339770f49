"""From what the probes brought to findings: one kind of finding a file, an open set.

Checks are plain functions of frozen values: they start nothing, read no disk and ask no git.
"""
