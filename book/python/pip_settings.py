"""Prints, as a JSON object, the variables that let pip find packages where the user's settings say.

Kept are the settings of where packages come from and how they are fetched, from pip's files and from the
variables. Left out is what changes where they are installed, which are taken, and whether at all.
"""

import json
import sys

from pip._internal.configuration import Configuration
from pip._internal.exceptions import PipError

KEPT = {
    "cache-dir",
    "cert",
    "client-cert",
    "default-timeout",
    "extra-index-url",
    "find-links",
    "index-url",
    "keyring-provider",
    "no-cache-dir",
    "no-index",
    "proxy",
    "pypi-url",
    "resume-retries",
    "retries",
    "timeout",
    "trusted-host",
}
# Of these only the values that concern how packages are fetched; others may be unknown to this pip.
KEPT_VALUES = {"use-deprecated": "legacy-certs", "use-feature": "truststore"}


def flat(items):
    """The pairs of key and value; later versions of pip keep them by file."""
    for key, value in items:
        if isinstance(value, dict):
            yield from value.items()
        else:
            yield key, value


def settings(pairs):
    """The variables for pip's settings: later sections count more, as they do for pip."""
    kept = {}
    for section in ("global.", "install.", ":env:."):
        for key, value in pairs:
            name = key.removeprefix(section)
            wanted = KEPT_VALUES.get(name)
            if key.startswith(section) and (name in KEPT or (wanted and wanted in value.split())):
                kept["PIP_" + name.upper().replace("-", "_")] = wanted or value
    return kept


if __name__ == "__main__":
    # Not `pip config list`, which takes the user's settings for options of its own: with `user` it lists one file.
    configuration = Configuration(isolated=False)
    try:
        configuration.load()
    except PipError as error:
        sys.exit(str(error))
    print(json.dumps(settings(list(flat(configuration.items())))))
