"""What the user sees while a run goes on: its state, the time left, a screen, lines of a log."""
