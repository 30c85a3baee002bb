"""Housing Benefit and Council Tax Reduction, one department: what it sees, and of which life events it is told."""

from adapters.housing_benefit.tellings import adapter

__all__ = ["adapter"]
