"""The reviewer's screens: the queue, one case beside its records, what became of a decision, and who is protected."""
