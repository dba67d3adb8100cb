"""Steps: one step of a pipeline per file, each usable alone."""
