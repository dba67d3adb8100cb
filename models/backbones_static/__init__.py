"""Blocks of the networks that are trained on photographs of faces (FER2013, FERPlus)."""
