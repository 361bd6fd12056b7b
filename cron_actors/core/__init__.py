"""The decisions: pure functions and values, without clock, thread, I/O or logging."""
