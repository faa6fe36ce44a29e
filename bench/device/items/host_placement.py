"""Whether it helps to keep the thread that asks for work on one core."""

NUMBER, SECONDS = 5, 25
CHECKS = "host placement"
NULL = "dlbench has no option yet that pins the thread which asks for work"
