"""The pipeline: a study, its stages, what is up to date, and who does the work."""
