"""What must stay as it was: git, the index, every path, and what changed between two looks.

Nothing here writes into a checkout.
"""
