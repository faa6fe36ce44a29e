"""Write, read, find and summarise the folders of results."""
