"""Check this machine for everything that is known to go wrong, in seconds, and say how to mend it.

Exit code 0 unless a check fails. Warnings concern some ways of running only. Ray is never started.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from orchestrator import checks, console, tracking_checks
from orchestrator.findings import Finding

EXAMPLES = (
    "python -m orchestrator.doctor",
    "python -m orchestrator.doctor --home /shared/losotune --workers 8 --json",
    "python -m orchestrator.doctor --storage postgresql://losotune@db/optuna --tracking-uri http://mlflow:5000",
)


def examine(home: Path, *, num_workers: int | None = None, storage: str | None = None, tracking_uri: str | None = None) -> list[Finding]:
    """Every check, in the order in which a sweep would stumble."""
    mlflow = tracking_uri or f"sqlite:///{home / 'mlflow.db'}"
    all_checks: list[tuple[str, Callable[[], Finding]]] = [
        ("versions", checks.versions),
        ("ray[default]", checks.ray_default),
        ("ray token", checks.ray_token),
        ("ray environment", checks.ray_environment),
        ("importable", checks.importable),
        ("home", partial(checks.home, home)),
        ("Optuna database", partial(checks.database, "Optuna database", storage or f"sqlite:///{home / 'optuna.db'}")),
        ("MLflow", partial(checks.mlflow, "MLflow", mlflow, storage)),
        ("artifacts", partial(tracking_checks.artifacts, home, mlflow)),
        ("workers", partial(checks.workers, num_workers)),
        ("torch build", checks.torch_build),
        ("landmark model", checks.landmarks),
        ("TV-L1 flow", checks.optical_flow),
        ("allocator", checks.allocator),
        ("model format", checks.model_format),
    ]
    return [_checked(name, check) for name, check in all_checks]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = console.parser(str(__doc__), examples=EXAMPLES, flags=("home", "workers", "storage", "tracking-uri", "json"))
    options = parser.parse_args(arguments)

    findings = examine(options.home, num_workers=options.workers, storage=options.storage, tracking_uri=options.tracking_uri)

    failed = sum(finding.state == "fail" for finding in findings)
    if options.json:
        console.emit({"ok": not failed, "findings": [asdict(finding) for finding in findings]})
    else:
        rows = [[finding.state, finding.name, finding.found, finding.mend] for finding in findings]
        console.print_table(["state", "check", "found", "what to do"], rows)
        console.say(f"\n{failed} of {len(findings)} checks failed." if failed else "\nReady.")
    return 1 if failed else 0


def _checked(name: str, check: Callable[[], Finding]) -> Finding:
    """A check that raises is a failed check: what it looked at is broken in an unknown way."""
    try:
        return check()
    except Exception as error:
        found = f"{type(error).__name__}: {' '.join(str(error).split()) or 'no message'}"
        return Finding(
            name=name, state="fail", found=found, mend="pip install --force-reinstall -r requirements.lock, if a package is named"
        )


if __name__ == "__main__":
    sys.exit(console.run(main))
