"""What runs in the interpreter under test: it imports and reads the package, and calls hooks.

The standard library only, and syntax as old as Python 3.7.
"""
