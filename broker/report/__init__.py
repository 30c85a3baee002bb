"""The manager's report: what was told, how departments answered, what was spared, and how each figure is made."""
