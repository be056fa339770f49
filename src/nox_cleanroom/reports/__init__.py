"""What people and machines get to see of a run: an open set, one file each.

A report is a function of the record of a run; it asks nobody anything.
"""
