"""The OpenID Connect provider: what clients ask at `/authorize`, and what they get for it."""
