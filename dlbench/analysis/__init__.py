"""From raw samples to rows: derived when asked for, never stored."""
