"""The management API: parse, call, render."""
