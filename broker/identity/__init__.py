"""Identity: how alike a subject and a resident are, weighed in bits, and what stands against acting on it. Pure."""
