"""Socket.IO: connections, streams and acks. Who acts comes from `identity`, what is seen from
`snapshot`; nothing is changed here.
"""

from .hub import Live

__all__ = ["Live"]
