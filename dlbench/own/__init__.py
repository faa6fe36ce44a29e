"""Networks in a user's own file: what is read without running it, and what runs it in a worker."""
