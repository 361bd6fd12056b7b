"""The stores: one folder for each database, and the reading of DATABASE_URL."""
