"""The numbered changes of the database."""
