"""Proves the check itself: pages broken on purpose, and exactly the fault that each of them names must be found."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from browser_site import Site

BROKEN = Path(__file__).with_name("broken")
EXPECTED = re.compile(r'<meta name="expected-fault" content="([^":]*)(?:: ([^"]*))?"')


def self_test(check: Callable[[Site, Any], None], report: Callable[..., Any]) -> int:
    """Checks every broken page as a site of its own; answers with 1 unless each shows its fault and no other."""
    wrong = 0
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary) / "site"
        shutil.copytree(BROKEN, root)
        (root / "_static/heavy.css").write_text("/* 4 MB */\n" * 400_000, encoding="utf-8")
        for path in sorted(root.glob("*.html")):
            found = report(quiet=True)
            check(Site(root, [path.name]), found)
            expected = EXPECTED.search(path.read_text(encoding="utf-8"))
            group, text = (expected[1], expected[2] or "") if expected else ("", "")
            others = [f for f in found.faults if not f.check.startswith(group) or text not in f.detail]
            good = (bool(found.faults) and not others) if group else not found.faults
            wrong += not good
            print(f"{'ok    ' if good else 'FAILED'} {path.name:28} {expected[0][36:-1] if expected else 'no fault'}", flush=True)
            if not good:
                for fault in found.faults or ["nothing was found"]:
                    print(f"       {fault}")
    print(f"{wrong} of the broken pages did not show exactly their fault")
    return bool(wrong)
