"""dlbench: which framework, mode and device is fastest for your network on your machine."""

__version__ = "0.1.0"
