"""Proves that a sentence says what is missing on a machine, and what to do.

Usage: python3 book/checks/press/missing.py PROGRAM   (the compiled `book`)

The program runs with a `PATH` of its own, which holds only what a case leaves on it, and with a home of its own.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import offline
import strangers
from trial import Count

NOWHERE = "http://127.0.0.1:9"  # nothing listens there
OLD = "#!/bin/sh\necho '3.8.0 linux /usr'\n"
NEW = "#!/bin/sh\necho '3.15.0 linux /usr'\n"
OLD_RUST = """#!/bin/sh
case "$1" in
--print) echo /nonexistent ;;
*) printf 'rustc 1.94.0\\nrelease: 1.94.0\\nhost: x86_64-unknown-linux-gnu\\n' ;;
esac
"""
NO_TOOLS = "#!/bin/sh\necho 'no developer tools were found' >&2\nexit 1\n"
# Where pip would put packages, and which it would take, by a user's variables and by a user's file.
PIP_VARIABLES = {
    "PIP_TARGET": "/nonexistent",
    "PIP_PREFIX": "/nonexistent",
    "PIP_USER": "1",
    "PIP_REQUIRE_VIRTUALENV": "1",
    "PIP_CONSTRAINT": "/nonexistent",
    "PIP_NO_BINARY": ":all:",
    "PIP_TIMEOUT": "7",
    "PIP_USE_FEATURE": "truststore fast-deps",
}
PIP_FILE = """[global]
index-url = https://mirror.invalid/simple
cert = /etc/mirror.pem
timeout = 5
break-system-packages = true
[install]
user = true
target = /nonexistent
find-links =
    /wheels
    /more
"""
PIP_KEPT = {
    "PIP_INDEX_URL": "https://mirror.invalid/simple",
    "PIP_CERT": "/etc/mirror.pem",
    "PIP_TIMEOUT": "7",
    "PIP_FIND_LINKS": "\n/wheels\n/more",
    "PIP_USE_FEATURE": "truststore",
}
NO_VENV = """#!/bin/sh
case "$2" in
-c) exec "{python}" "$@" ;;
esac
echo "No module named venv" >&2
exit 1
"""


def programs(folder, tools, **scripts):
    """A folder for the `PATH` with these tools of the system and these programs of our own."""
    folder.mkdir()
    for tool in tools:
        found = shutil.which(tool)
        if found:
            (folder / tool).symlink_to(found)
    for name, text in scripts.items():
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o755)
    return str(folder)


def cases(folder, python):
    """Name, changed environment, and what the message must hold."""
    good = f'#!/bin/sh\nexec "{python}" "$@"\n'
    rust = ["rustc", "cargo", "rustup"]
    yield from cases_of_compilers(folder, rust, good)
    yield from cases_of_pythons(folder, [*rust, "cc"], NO_VENV.format(python=python))
    everything = programs(folder / "everything", [*rust, "cc"], python3=good)
    home = Path(os.environ.get("DIFFUSION_INTUITION_HOME") or installed_home())
    yield from cases_of_networks(folder, everything, home)
    for name, variable, place, wanted in [
        ("no place to write", "DIFFUSION_INTUITION_HOME", "/dev/null/home", "cannot make /dev/null/home"),
        ("no place for the kernelspec", "JUPYTER_DATA_DIR", "/dev/null/jupyter", "cannot write into /dev/null/jupyter"),
        ("a place that the kernel cannot name", "DIFFUSION_INTUITION_HOME", folder / "with a space", "path has a space"),
    ]:
        yield name, {"PATH": everything, variable: str(place)}, [wanted, f"set {variable}"]
    yield from cases_of_disks(folder, everything, home)


def cases_of_compilers(folder, rust, python):
    """C compilers and Rusts that are missing, old or none."""
    path = programs(folder / "1", rust, python3=python)
    yield "no C compiler", {"PATH": path}, ["no C compiler", "install one"]
    path = programs(folder / "2", rust, cc=NO_TOOLS, python3=python)
    yield "a C compiler that is none", {"PATH": path}, ["no C compiler", "install one"]
    path = programs(folder / "3", ["cargo", "cc"], rustc=OLD_RUST, python3=python)
    yield "an old rustc", {"PATH": path}, ["needs Rust 1.95 or later", "1.94.0", "rustup update"]
    # Not on the path, nor where rustup would have put it.
    path = programs(folder / "4", ["cc"], python3=python)
    changes = {"PATH": path, "HOME": str(folder), "CARGO_HOME": str(folder / "cargo")}
    yield "no rustc", changes, ["rustc does not answer", "install Rust"]


def cases_of_pythons(folder, tools, no_venv):
    """Pythons that are missing, or do not fit."""
    for number, (name, pythons, wanted) in enumerate(
        [
            ("no python3", {}, ["no python3 found", "install Python 3.11 to 3.14"]),
            ("an old python3", {"python3": OLD}, ["3.8.0", "install a newer one"]),
            (
                "a python3 too new",
                {"python3": NEW},
                ["3.15.0", "made for Python 3.11 to 3.14", "install one of these"],
            ),
            # Which Python was taken shows in what fails next.
            (
                "a python3 that fits beside others that do not",
                {"python3": NEW, "python3.14": OLD, "python3.12": no_venv},
                ["install its venv module", "No module named venv"],
            ),
            ("no venv", {"python3": no_venv}, ["install its venv module"]),
        ]
    ):
        yield name, {"PATH": programs(folder / f"python{number}", tools, **pythons)}, wanted


def cases_of_networks(folder, path, home):
    """No network, for what needs one once."""
    yield (
        "no network for Python packages",
        {"PATH": path, "PIP_INDEX_URL": NOWHERE, "PIP_RETRIES": "0", "PIP_NO_CACHE_DIR": "1"},
        ["installing the Python packages failed", "network", "run `cargo book` again"],
    )
    furnished = folder / "furnished"
    furnished.mkdir()
    for packages in home.glob("python-*"):
        (furnished / packages.name).symlink_to(packages)
    changes = {
        "PATH": path,
        "DIFFUSION_INTUITION_HOME": str(furnished),
        "CARGO_HOME": str(folder / "cargo"),
        "CARGO_NET_OFFLINE": "true",
    }
    wanted = ["installing evcxr_jupyter failed", "network", "run `cargo book` again"]
    yield "no network for the kernel", changes, wanted


def cases_of_disks(folder, path, home):
    """Disks that hold too little, or from which nothing may be run, where we may make some."""
    for name, options, kernel, wanted in [
        ("little room for the kernel", "size=64m", False, ["takes about 3.0 GB", "0.1 GB free", "free some space"]),
        ("little room for packages", "size=256k", True, ["takes about 0.4 GB", "0.0 GB free", "free some space"]),
        ("a disk that runs no programs", "size=64m,noexec", True, ["noexec", "set DIFFUSION_INTUITION_HOME"]),
    ]:
        disk = folder / name.replace(" ", "-")
        disk.mkdir()
        if not mount(disk, options):
            print(f"left out: {name} (no right to mount a disk)")
            continue
        for installed in home.glob("evcxr-*/") if kernel else []:
            (disk / installed.name).symlink_to(installed)
        yield name, {"PATH": path, "DIFFUSION_INTUITION_HOME": str(disk)}, wanted
        subprocess.run(["umount", disk], check=False)


def installed_home():
    """Where the per-user folder lies: this very interpreter is installed in it."""
    return Path(sys.prefix).parent


def mount(folder, options):
    """Mounts a disk in memory, where that is allowed."""
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def pip_goes_where_it_should(folder):
    """Whether only where packages come from is left of a user's settings of pip."""
    (folder / "pip.conf").write_text(PIP_FILE, encoding="utf-8")
    own = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    environment = {**own, **PIP_VARIABLES, "PIP_CONFIG_FILE": str(folder / "pip.conf")}
    script = Path(__file__).resolve().parents[2] / "python/pip_settings.py"
    done = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, check=False)
    # The machine's own settings may add to them.
    kept = json.loads(done.stdout or "{}")
    wrong = [name for name in kept if name in PIP_VARIABLES and name not in PIP_KEPT]
    good = all(kept.get(name) == value for name, value in PIP_KEPT.items()) and not wrong
    return good, f"{kept}\n{done.stderr}"


def set_up_for_good(program, folder):
    """Whether a kernel that is set up calls no other machine, and compiles nothing anew for a new linker."""
    if not offline.sees_calls(folder / "asks"):
        return {"no network for a kernel": (False, "the check does not see calls")}
    calls, linkers, said = offline.calls_of_a_press(program, folder)
    return {
        "no network for a kernel": (calls == 0, f"{calls} calls\n{said}"),
        "linkers installed later": (linkers == [], f"called: {linkers}\n{said}"),
    }


def main():
    """Runs all cases and ends with a line that counts them."""
    program = sys.argv[1]
    python = getattr(sys, "_base_executable", sys.executable)
    count = Count()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary).resolve()
        for number, (name, changes, wanted) in enumerate(cases(folder, python)):
            environment = {
                **os.environ,
                "DIFFUSION_INTUITION_HOME": str(folder / f"home{number}"),
                "JUPYTER_DATA_DIR": str(folder / "jupyter"),
                **changes,
            }
            done = subprocess.run(
                [program], env=environment, capture_output=True, text=True, timeout=300, check=False
            )
            missing = [text for text in wanted if text not in done.stderr]
            # One sentence, not a back trace; what a tool said may follow it.
            good = done.returncode == 1 and not missing and done.stderr.startswith("error: ")
            count(name, good, f"exit code {done.returncode}, missing {missing}\n{done.stdout}{done.stderr}")
        count("a user's settings of pip", *pip_goes_where_it_should(folder))
        home = Path(os.environ.get("DIFFUSION_INTUITION_HOME") or installed_home())
        for name, good, said in strangers.tried(program, folder, home):
            count(name, good, said)
        for name, (good, said) in set_up_for_good(program, folder).items():
            count(name, good, said)
    return count.end()


if __name__ == "__main__":
    sys.exit(main())
