"""The cards of the machine: what their driver says, and which of them a program sees."""
