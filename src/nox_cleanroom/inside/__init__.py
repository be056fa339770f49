"""What runs in the interpreter under test: the standard library only, and syntax as old as 3.7."""
