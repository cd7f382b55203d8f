"""Signpost: open, self-hosted experimentation for sign-in."""
