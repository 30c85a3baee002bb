"""Council Tax, one department: what it sees (disclosures, rules), and how it is spoken to (conversations, answers)."""

from adapters.council_tax.conversations import adapter

__all__ = ["adapter"]
