"""The recurrent network as a segmenter: windows in time, tiles, and what is made of them."""

from lamella.segment.recurrent.step import Recurrent as Recurrent
