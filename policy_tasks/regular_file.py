"""
Read files from places that anybody may have filled: a FIFO there would keep a run waiting for ever, a device never end.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

# Of text that people write, in bytes: a lock of ten thousand modules has two million.
MOST = 64 * 1024 * 1024
# Not on Windows, which has no such files to wait for.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


def open_regular(path: Path | str, *, links: bool = True, folder: int | None = None) -> BinaryIO:
    """
    Open a regular file, also behind a link if `links`; a name alone counts from the `folder` that this descriptor has open.

    Raises `OSError` for anything else, without waiting for it.
    """
    descriptor = os.open(path, _FLAGS | (0 if links else _NO_LINK), dir_fd=folder)
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return open(descriptor, "rb")
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    raise OSError(errno.EINVAL, "it is no regular file, but a FIFO, a socket or a device", str(path))


def read_regular(path: Path | str, most: int = MOST, *, links: bool = True) -> bytes:
    """
    The contents of a regular file. Raises `OSError` as `open_regular` does, and for a file of more bytes than `most`.
    """
    with open_regular(path, links=links) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"it has more than {most:,} bytes", str(path))
    return data
