"""Numbering: telephone numbers in E.164, what they tell, and how they are shown."""

from discador.core.numbering.mask import mask
from discador.core.numbering.normalise import normalise
from discador.core.numbering.number import Line, Number
from discador.core.numbering.zones import state_of, zones_of

__all__ = ["Line", "Number", "mask", "normalise", "state_of", "zones_of"]
