"""Engines: each runs the text of `cells` where somebody's data lies. A module is imported when its engine is asked for."""
