"""What all HTTP routes share: the tenant by its host, tokens and keys, rate limits, the form of errors."""
