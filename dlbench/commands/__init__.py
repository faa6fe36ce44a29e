"""One file per sub-command, with `add(app)`; what takes time is imported when it runs."""
