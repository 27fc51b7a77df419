"""The only serialiser: what each audience may see of an `EventState`, as plain JSON values."""

from .lists import audit, export_list, proposal, published_list
from .streams import Stream, changes

__all__ = ["Stream", "audit", "changes", "export_list", "proposal", "published_list"]
