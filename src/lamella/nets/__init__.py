"""Torch networks: weight files read safely, devices, Cellpose. Only segment, train and run use it.

Nothing here imports torch or Cellpose before a function is called that needs them.
"""
