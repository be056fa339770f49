"""Every process of ours: how it is started, limited, interrupted and ended, and what it sees.

Nothing here knows what is run; no other folder starts a process. The module `steps`, beside this
folder, names each one for the record and sets its time limit.
"""
