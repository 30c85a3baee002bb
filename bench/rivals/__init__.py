"""Others that do the delivery work: bare, and as a stream framework's own example would."""
