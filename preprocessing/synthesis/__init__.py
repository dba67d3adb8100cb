"""Synthetic corpora from real photographs: invented identities, micro-expressions whose true optical flow is known, official layouts."""
