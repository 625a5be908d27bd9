"""Tables in; figures and one self-contained page out. Computes nothing.

`filmstrip` runs in workers and loads no matplotlib: import from the files, not from here.
"""
