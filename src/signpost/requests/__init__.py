"""What can be known of a request: the attributes that segments ask for."""
