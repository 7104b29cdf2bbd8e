"""How streams are cut into lines and records: one file per way."""
