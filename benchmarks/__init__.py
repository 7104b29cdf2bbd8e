"""What the claims about performance are measured with: the load, the contestants, and the runs."""
