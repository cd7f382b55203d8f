"""Keeps exposures and auth events, reads them back as logs, and sums them for analysis."""
