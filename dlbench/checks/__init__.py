"""The checks of `dlbench doctor`, which say whether a machine is fit to measure: one file each."""
