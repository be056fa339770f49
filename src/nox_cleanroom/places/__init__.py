"""Everything on disk that is ours: where it lies, who is using it, and how it goes away.

This is the only folder that deletes. It deletes what it can prove to be ours, which no name, no
age and no prefix does; what lacks the proof is somebody else's and stays.
"""
