"""The bodies of requests and replies, in both generations: the wire's words, which the model does not know."""
