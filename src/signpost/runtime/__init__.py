"""The hot routes: decisions and events, as plain ASGI."""
