"""What runs in the interpreter under test.

The standard library only, and syntax as old as Python 3.7.
"""
