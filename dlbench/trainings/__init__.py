"""What can be told of trainings: their epochs as lines, and their pace."""
