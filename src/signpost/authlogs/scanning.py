"""Finds the end of a JSON object in a buffer that grows, looking at each byte once."""

import re

_TOKEN = re.compile(rb'"(?:[^"\\\n]+|\\[^\n])*+"|["{}\[\]\n]')
_IN_STRING = re.compile(rb'["\\\n]')
_QUOTE, _BACKSLASH, _NEWLINE = b'"\\\n'
_OPENING, _CLOSING = b"{[", b"}]"


class ObjectScan:
    """The scan of one object: how far it has come, and what it is in the middle of."""

    def __init__(self, at: int) -> None:
        self.at = at
        """Up to here the buffer need not be looked at again."""
        self.problem: str | None = None
        """What is plainly wrong with the object, once its end is found."""
        self._depth = 0
        self._is_in_string = False

    def find_end(self, buffer: bytes, *, is_last: bool) -> int | None:
        """Return where the object ends, None when the buffer ends before it.

        A line break within a string, and an object or array that begins a line, end what is broken before them.

        Args:
            buffer: Where the scan goes on at `at`.
            is_last: Whether nothing will be added to the buffer.
        """
        end = None
        while end is None:
            before = self.at
            end = self._leave_string(buffer) if self._is_in_string else self._step(buffer, is_last=is_last)
            if self.at in {before, len(buffer)}:
                break
        return end

    def _leave_string(self, buffer: bytes) -> int | None:
        match = _IN_STRING.search(buffer, self.at)
        if match is None:
            self.at = len(buffer)
            return None
        at = match.start()
        if buffer[at] == _NEWLINE:
            self.problem = "a string does not end with its line"
            return at
        if buffer[at] == _QUOTE:
            self._is_in_string = False
            self.at = at + 1
        elif at + 1 < len(buffer):
            self.at = at + 1 if buffer[at + 1] == _NEWLINE else at + 2
        else:
            self.at = at
        return None

    def _step(self, buffer: bytes, *, is_last: bool) -> int | None:
        match = _TOKEN.search(buffer, self.at)
        if match is None:
            self.at = len(buffer)
            return None
        at, end = match.span()
        if buffer[at] == _NEWLINE:
            if end == len(buffer) and not is_last:
                self.at = at
                return None
            if buffer[end : end + 1] in {b"{", b"["}:
                self.problem = "cut off: the next line begins another object"
                return at
        elif buffer[at] == _QUOTE:
            self._is_in_string = end - at == 1
        else:
            self._depth += 1 if buffer[at] in _OPENING else -1
        self.at = end
        return end if self._depth == 0 and buffer[at] in _CLOSING else None
