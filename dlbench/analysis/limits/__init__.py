"""What a row reaches of what is possible: of a ceiling, of a roof, of a floor."""
