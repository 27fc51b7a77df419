"""WebSocket frames as bytes (RFC 6455), and compression without a context (RFC 7692)."""

import struct
import zlib

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
#: Status codes of a closing frame.
NORMAL, PROTOCOL_ERROR, NOT_TEXT, TOO_BIG = 1000, 1002, 1007, 1009

_FINAL, _COMPRESSED, _RESERVED, _MASKED = 0x80, 0x40, 0x30, 0x80
#: What ends a flushed deflate stream, and is left out on the wire.
_TAIL = b"\x00\x00\xff\xff"


class Broken(Exception):
    """The client broke the protocol or a limit; `code` is the status to close with."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def frame(opcode: int, body: bytes, *, compressed: bool = False) -> bytes:
    """One unmasked, final frame. `compressed`: the body is what `deflate` made."""
    first = _FINAL | opcode | (_COMPRESSED if compressed else 0)
    size = len(body)
    if size < 126:
        return struct.pack("!BB", first, size) + body
    if size < 65536:
        return struct.pack("!BBH", first, 126, size) + body
    return struct.pack("!BBQ", first, 127, size) + body


def deflate(data: bytes, level: int) -> bytes:
    """`data` as whole deflate blocks that need nothing from before, ending on a byte."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH)


def stored(data: bytes) -> bytes:
    """`data`, under 64 KB, as a deflate block without compression."""
    return struct.pack("<BHH", 0, len(data), len(data) ^ 0xFFFF) + data


def without_tail(blocks: bytes) -> bytes:
    """The blocks of one message as they go on the wire."""
    return blocks.removesuffix(_TAIL)


class Decoder:
    """One client's bytes → messages. Limits count for whole messages, as they are once unpacked."""

    __slots__ = ("_compressed", "_inflates", "_limit", "_parts", "_rest")

    def __init__(self, limit: int, *, inflates: bool) -> None:
        self._limit = limit
        self._inflates = inflates
        self._rest = b""
        #: The parts of a message under way; None between messages.
        self._parts: bytearray | None = None
        self._compressed = False

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """The messages, as (opcode, body), that `data` completes. Raises Broken."""
        if self._rest:
            data = self._rest + data
        messages: list[tuple[int, bytes]] = []
        at, end = 0, len(data)
        while end - at >= 6:
            first, size = data[at], data[at + 1]
            if size < _MASKED:
                raise Broken(PROTOCOL_ERROR)
            size -= _MASKED
            start = at + 6
            if size >= 126:
                start += 2 if size == 126 else 8
                if end < start:
                    break
                size = int.from_bytes(data[at + 2 : start - 4], "big")
            if size > self._limit:
                raise Broken(TOO_BIG)
            if end < start + size:
                break
            at = start + size
            body = _unmask(data[start - 4 : start], data[start:at])
            if first == _FINAL | TEXT and self._parts is None:
                messages.append((TEXT, body))
            else:
                self._take(first, body, messages)
        self._rest = data[at:]
        return messages

    def _take(self, first: int, body: bytes, messages: list[tuple[int, bytes]]) -> None:
        opcode, final = first & 0x0F, first >= _FINAL
        if first & _RESERVED:
            raise Broken(PROTOCOL_ERROR)
        if opcode >= CLOSE:
            if not final or first & _COMPRESSED or len(body) > 125 or opcode > PONG:
                raise Broken(PROTOCOL_ERROR)
            messages.append((opcode, body))
            return
        if (opcode == 0) == (self._parts is None) or opcode > BINARY:
            raise Broken(PROTOCOL_ERROR)
        if self._parts is None:
            self._parts = bytearray((opcode,))
            self._compressed = bool(first & _COMPRESSED)
            if self._compressed and not self._inflates:
                raise Broken(PROTOCOL_ERROR)
        elif first & _COMPRESSED:
            raise Broken(PROTOCOL_ERROR)
        self._parts += body
        if len(self._parts) > self._limit + 1:
            raise Broken(TOO_BIG)
        if final:
            whole = bytes(self._parts)
            self._parts = None
            rest = self._inflated(whole[1:]) if self._compressed else whole[1:]
            messages.append((whole[0], rest))

    def _inflated(self, body: bytes) -> bytes:
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            data = unpacker.decompress(body + _TAIL, self._limit + 1)
        except zlib.error as error:
            raise Broken(NOT_TEXT) from error
        if len(data) > self._limit:
            raise Broken(TOO_BIG)
        return data


def _unmask(key: bytes, body: bytes) -> bytes:
    size = len(body)
    long_key = (key * (size // 4 + 1))[:size]
    # As two long numbers: Python has no faster way to combine bytes.
    return (int.from_bytes(body, "little") ^ int.from_bytes(long_key, "little")).to_bytes(
        size, "little"
    )
