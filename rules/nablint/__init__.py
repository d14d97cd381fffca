"""nablint proves your backprop right: a library that decides, without editor, terminal or disk."""

__version__ = "0.1.0"
