"""What can happen to a person: one file for each life event, and the words they are written in.

Every file beside this one is imported, so putting one here is all that a new life event takes.
"""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
