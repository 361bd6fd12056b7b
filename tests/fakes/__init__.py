"""What stands in for the world in tests: clocks, addresses, workers, log files, and values to begin with."""
