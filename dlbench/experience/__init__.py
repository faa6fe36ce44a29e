"""What earlier runs on this machine have shown; kept in the user's cache folder."""
