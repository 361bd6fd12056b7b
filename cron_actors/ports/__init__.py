"""The interfaces between the actors and the world; the adapters implement them, the launcher joins the two."""
