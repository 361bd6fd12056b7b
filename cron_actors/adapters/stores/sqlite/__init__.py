"""The store on SQLite: one file, one writing daemon, any number of readers."""
