"""What the inside needs from the outside: small protocols, no behaviour."""
