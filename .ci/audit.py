"""Known vulnerabilities of what is installed: ``audit.py PIP_AUDIT SITE_PACKAGES``.

Fails where there is one. Where the advisories cannot be reached, it says so and passes.
"""

import json
import subprocess
import sys

_PATIENCE_S = 180


def main() -> int:
    """Ask pip-audit, and tell what it found."""
    program, packages = sys.argv[1:]
    command = [program, "--path", packages, "--format", "json", "--timeout", "5"]
    try:
        ran = subprocess.run(
            command, capture_output=True, text=True, timeout=_PATIENCE_S, check=False
        )
        found = json.loads(ran.stdout)["dependencies"]
    except (OSError, subprocess.TimeoutExpired, ValueError, LookupError) as error:
        print(f"audit: the advisories cannot be asked ({type(error).__name__}): nothing is audited")
        return 0
    return told(found)


def told(found: list[dict]) -> int:
    """Print what was found; 1 where anything was."""
    audited = [each for each in found if "skip_reason" not in each]
    faults = [(each, fault) for each in audited for fault in each["vulns"]]
    for each, fault in faults:
        mended = ", ".join(fault.get("fix_versions", ())) or "no version yet"
        print(f"audit: {each['name']} {each['version']}: {fault['id']}, mended in {mended}")
    if not audited:
        print("audit: the advisories cannot be reached from here: nothing is audited")
    elif not faults:
        print(f"audit: no known vulnerability in {len(audited)} packages")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
