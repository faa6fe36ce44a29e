"""One file per item: NUMBER, SECONDS (planned), CHECKS, `look` at a card, `judge` what was seen.

An item whose feature does not exist yet has NULL, the reason, and neither of the two.
"""
