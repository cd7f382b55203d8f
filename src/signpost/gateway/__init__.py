"""The gateway: stands on `/authorize` before an OpenID provider that is there already, and sends browsers on with a decision."""
