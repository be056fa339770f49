"""What runs in the interpreter under test: it imports and reads the package, and calls hooks.

They use the standard library only, and the syntax of Python 3.7.
"""
