"""Reviews: matches that a person decides, looks a second time at, or undoes; and who may know of whom."""
