"""Recurrent convolution: blocks of STRCN (``strcn_a``, ``strcn_g``) and of the RCN family (``rcn``)."""
