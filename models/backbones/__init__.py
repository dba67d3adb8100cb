"""Blocks and backbones that several networks share."""
