"""Networks taught from labels: the user's own, or a model's that are worth learning from."""
