"""Keeps the control plane: tenants, and what is configured in each."""
