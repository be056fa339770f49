"""Reports of a run for people and machines, one module each.

A report is a function of the record of a run. It reads nothing else.
"""
