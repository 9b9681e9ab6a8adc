"""Prints, as a JSON object, the variables that let pip find packages where the user's settings say.

Kept are the settings of where packages come from and how they are fetched, from pip's files and from the
variables. Left out is what changes where they are installed, which are taken, and whether at all.
"""

import ast
import json
import subprocess
import sys

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


def settings(lines):
    """The variables for these lines of `pip config list`: later sections count more, as they do for pip."""
    kept = {}
    for section in ("global.", "install.", ":env:."):
        for line in lines:
            key, _, text = line.partition("=")
            if not key.startswith(section):
                continue
            name, value = key.removeprefix(section), ast.literal_eval(text)
            wanted = KEPT_VALUES.get(name)
            if name in KEPT or (wanted and wanted in value.split()):
                kept["PIP_" + name.upper().replace("-", "_")] = wanted or value
    return kept


if __name__ == "__main__":
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "config", "list"],
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        sys.exit(listed.stderr)
    print(json.dumps(settings(listed.stdout.splitlines())))
