"""Other evaluators, asked to do the same as Signpost. What is in here runs in each peer's own environment."""
