"""Mail: what is written, and how it gets to somebody."""
