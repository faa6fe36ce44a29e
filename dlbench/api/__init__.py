"""One function per job: it returns or raises, and never prints or exits."""
