"""What is asked of an installation: each probe starts processes and brings a frozen value.

Nothing here judges; what the values mean is for `checks` to say.
"""
