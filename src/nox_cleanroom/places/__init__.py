"""Everything on disk that is ours: where it is, which run uses it, and how it is deleted.

No other folder deletes. It deletes only what it can prove to be ours: a name, an age or a prefix is
no proof. Everything without proof belongs to somebody else and stays.
"""
