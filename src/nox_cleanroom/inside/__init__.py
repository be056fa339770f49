"""The programs that run in the interpreter under test.

They use the standard library only, and the syntax of Python 3.7.
"""
