"""What is particular to the machine: clocks, systemd, logging, the control socket."""
