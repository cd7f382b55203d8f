"""For those who write adapters or test against Signpost: contract suites, builders, clocks and ids that repeat."""
