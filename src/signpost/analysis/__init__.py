"""Counts in, estimates out: intervals, tests and checks. Every function is pure and never sees a row."""
