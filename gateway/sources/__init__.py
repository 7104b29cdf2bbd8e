"""Where frames come from: one folder per way in, each with a pure protocol and a thin source."""
