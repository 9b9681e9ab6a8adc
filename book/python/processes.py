"""What the system tells about the processes of a kernel."""

import contextlib
import os
import subprocess


def memory_of(process):
    """The memory that a process uses, in bytes; 0 if it cannot be known."""
    try:
        with open(f"/proc/{process}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        asked = ["ps", "-o", "rss=", "-p", str(process)]
        with contextlib.suppress(OSError, ValueError):
            return 1024 * int(subprocess.run(asked, capture_output=True, text=True, check=False).stdout)
    return 0


def has_closed_stdout(kernel):
    """Whether the process that runs a kernel's cells has no standard output, where the system tells."""
    with contextlib.suppress(OSError):
        program = os.readlink(f"/proc/{kernel}/exe")
        for thread in os.listdir(f"/proc/{kernel}/task"):
            with open(f"/proc/{kernel}/task/{thread}/children", encoding="ascii") as file:
                children = file.read().split()
            for child in children:
                # One that has ended has no files at all.
                files = os.listdir(f"/proc/{child}/fd")
                if os.readlink(f"/proc/{child}/exe") == program and "0" in files and "1" not in files:
                    return True
    return False
