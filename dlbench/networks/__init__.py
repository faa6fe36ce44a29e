"""Networks as data, one module for each source; a network of your own is a file more."""
