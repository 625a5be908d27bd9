"""The vocabulary of `lamella.Col`, a file per topic."""
