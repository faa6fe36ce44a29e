"""What stored runs say beyond one run alone: two compared, many in a row, one checked."""
