"""What happens to the whole gateway on a bench: the daemon as a process, real servers, simulated senders."""
