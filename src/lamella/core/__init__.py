"""The nouns that travel: frames, movies, labels, tracks, tables, steps and errors.

Imports nothing else of Lamella.
"""
