"""The side that asks: whose turn it is, in which process, and until when."""
