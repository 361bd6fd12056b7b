"""The link beside log files that points at the newest; nothing is imported here that a small process could not bear."""

from __future__ import annotations

import os


def point(folder: str, link: str, name: str, *, is_new: bool = False) -> None:
    """Have the link in the folder point at the file of this name in it; readers always find one of two files.

    A link cannot be replaced in one step, a name can; in a folder that ``is_new`` most likely there is none to replace.
    Raises OSError.
    """
    path, fresh = f"{folder}/{link}", f"{folder}/.{name}.link"
    if is_new:
        try:
            os.symlink(name, path)  # noqa: PTH211 # Path is slower, and this runs for every run
        except FileExistsError:
            pass
        else:
            return
    try:
        os.symlink(name, fresh)  # noqa: PTH211 # as above
    except FileExistsError:  # left by a process that was killed right here
        os.unlink(fresh)  # noqa: PTH108 # as above
        os.symlink(name, fresh)  # noqa: PTH211 # as above
    os.replace(fresh, path)  # noqa: PTH105 # as above
