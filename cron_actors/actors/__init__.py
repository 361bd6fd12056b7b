"""The actors: thin shells around the decisions of ``core``; they know messages and ports, never each other."""
