"""Browan: indoor sensors, sold as MerryIoT too."""
