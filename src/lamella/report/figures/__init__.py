"""One figure, one file: tables in, a matplotlib `Figure` out."""
