"""What the broker costs and how long it takes, beside what others cost for the same work in the same run."""
