"""Functions that the shipped ``jobs.json`` runs; copy them, or replace them by your own."""
