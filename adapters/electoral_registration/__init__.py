"""Electoral registration, one department: the office registers nobody on hearsay, so people apply themselves.

A move, a joiner or a new name leads to an invitation (Representation of the People Act 1983, s 9E); a leaver is one
source of two; a death removes an elector only on evidence that the registration officer accepts (SI 2001/341, reg 31C).
"""

from adapters.electoral_registration.tellings import adapter

__all__ = ["adapter"]
