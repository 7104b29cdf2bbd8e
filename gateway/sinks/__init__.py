"""Where readings go: one folder per database."""
