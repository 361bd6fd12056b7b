"""The promises of the ports, kept by whatever implements them."""
