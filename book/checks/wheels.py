"""Proves that every pinned package has a file for every system and Python that the README names.

Usage: python3 book/checks/wheels.py   (asks the package index; run it when pins change, it takes minutes)
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
GLIBC = (28, 27, 26, 24, 17, 12, 5)
SYSTEMS = {
    "macOS on x86-64": ["macosx_13_0_x86_64"],
    "macOS on ARM": ["macosx_13_0_arm64"],
    "Linux on x86-64": [*(f"manylinux_2_{g}_x86_64" for g in GLIBC), "manylinux2014_x86_64"],
    "Linux on ARM": [*(f"manylinux_2_{g}_aarch64" for g in GLIBC), "manylinux2014_aarch64"],
}
# Markers of packages that no system of the README takes.
ELSEWHERE = ("win32", "os_name == 'nt'", "pypy", "python_full_version < '3.11'")


def pins():
    """All pinned packages with their versions."""
    folder = Path(__file__).resolve().parent.parent
    found = set()
    for name in ("requirements.txt", "requirements-lab.txt", "checks/requirements.txt"):
        for line in (folder / name).read_text(encoding="utf-8").splitlines():
            pin = re.match(r"([a-z0-9.-]+==\S+)(?: ; (.*?))? \\$", line)
            marker = (pin and pin[2] or "").replace("sys_platform != 'win32'", "")
            if pin and not any(word in marker for word in ELSEWHERE):
                found.add(pin[1])
    return sorted(found)


def has_file(pin, platforms, python):
    """Whether pip finds a file that needs no compiling."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        command += [f"--platform={platform}" for platform in platforms]
        command += [f"--python-version={python}", "--implementation=cp", f"--dest={folder}", pin]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode == 0, list(Path(folder).glob("*-none-any.whl"))


def main():
    """Tries all and ends with a line that counts what is missing."""
    missing = 0
    for pin in pins():
        for system, platforms in SYSTEMS.items():
            pure = False
            for python in PYTHONS:
                # The first patch of 3.11 that systems ship; some packages want a fix in it.
                found, pure = has_file(pin, platforms, "3.11.5" if python == "3.11" else python)
                if not found:
                    missing += 1
                    print(f"FAILED: {pin} has no file for {system}, Python {python}")
                if pure:
                    break
            if pure:
                break
    print(f"{missing} missing")
    return missing > 0


if __name__ == "__main__":
    sys.exit(main())
