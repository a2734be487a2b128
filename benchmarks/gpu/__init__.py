"""Ten minutes on a GPU: does a cell of the paper's size train, resume and compute fast there, and what would be faster.

`__main__` goes through the steps of `plan`; each runs in a process of its own (`isolation`) and returns a part of the
report (`report`). `product` is the only module that builds what `ser` has: encoder, data, recogniser, `fit`.
"""
