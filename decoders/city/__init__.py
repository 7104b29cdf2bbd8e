"""The three payload formats of the city's own nodes."""
