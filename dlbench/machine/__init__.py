"""What the computer is and what it is doing; no framework."""
