"""Hosted sign-in: the pages where people meet an experiment, and the OpenID provider behind them."""
