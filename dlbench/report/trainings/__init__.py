"""What is shown of trainings: tables, learning curves, and the line while they go on."""
