"""What people see of a crossover: a sentence, a table, a chart, and a function to paste."""
