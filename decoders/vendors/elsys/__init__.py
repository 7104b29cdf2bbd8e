"""ELSYS: indoor and outdoor sensors that share one payload format."""
