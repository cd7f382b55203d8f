"""A second implementation of the assignment recipe, written from its words in `conformance/assignment/README.md`.

Naive in everything, sharing no line with the first. It reads the vectors' JSON as it stands, and it makes them.
"""
