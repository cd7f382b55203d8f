"""Values and the rules that make them valid; no clock, no I/O, no third party."""
