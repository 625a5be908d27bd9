"""Cellpose networks, fine-tuned by Cellpose's own trainer."""

from lamella.train.cellpose.fine_tune import FineTune, Tuned, save_weights, trainable

__all__ = ["FineTune", "Tuned", "save_weights", "trainable"]
