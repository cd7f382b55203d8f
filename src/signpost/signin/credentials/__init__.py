"""What proves who somebody is. Nothing here knows of HTTP."""
