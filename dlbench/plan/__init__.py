"""From a suite and a request to a plan."""
