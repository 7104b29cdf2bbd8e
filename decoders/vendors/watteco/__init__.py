"""Watteco: sensors that report in the manner of the ZigBee Cluster Library (ZCL)."""
