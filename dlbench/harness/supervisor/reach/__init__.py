"""What a device can reach: its fastest matrix product, and copies to and from it."""
