"""The world behind the ports: clocks, stores, executors, job sources."""
