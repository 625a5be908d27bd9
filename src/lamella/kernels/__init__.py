"""Functions on bare arrays that two or more rooms share. Imports nothing else of Lamella."""
