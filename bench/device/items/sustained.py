"""Two seconds without a pause, and the energy of a step."""

NUMBER, SECONDS = 14, 20
CHECKS = "sustained speed and energy"
NULL = "dlbench does not measure sustained speed or energy yet"
