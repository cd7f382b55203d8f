"""Auth events in the shape of tenant logs: read, checked, and made into what is kept."""
