"""Runs Sphinx, and ends with the program that started it, however that one ends.

Called by `cargo book` with Sphinx's own arguments; standard input stays open while the caller lives.
"""

import os
import sys
import threading


def end_with_caller():
    """Ends this process when the other end of standard input closes."""

    def wait():
        sys.stdin.read()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


if __name__ == "__main__":
    end_with_caller()
    # Imported only now: the import takes a while, in which the caller may end.
    from sphinx.cmd.build import main

    sys.exit(main(sys.argv[1:]))
