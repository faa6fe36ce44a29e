"""What people look at: tables, sentences, pages, progress."""
