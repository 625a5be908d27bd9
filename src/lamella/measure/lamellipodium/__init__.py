"""How the signal of a cell is spread: lamellipodium and body, polarity, front and back, cortex."""

from lamella.measure.lamellipodium.definitions import By, Part, Side
from lamella.measure.lamellipodium.group import Lamellipodium

__all__ = ["By", "Lamellipodium", "Part", "Side"]
