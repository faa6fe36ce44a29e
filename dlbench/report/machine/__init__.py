"""What is told of the machine: its cores, what it can reach, whether it is fit to measure."""
