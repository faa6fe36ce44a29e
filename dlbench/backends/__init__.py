"""One folder per framework; base.py says what each offers."""
