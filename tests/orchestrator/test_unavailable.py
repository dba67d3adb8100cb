"""What a server answers becomes one line: its reason, what to do, and no password."""

import pickle

import pytest

from orchestrator.unavailable import StudyUnavailable, TrackingUnavailable

ADDRESS = "http://lab:hidden@mlflow:5000"


@pytest.mark.parametrize(
    ("answer", "said", "mend"),
    [
        (
            "API request failed with error code 401 != 200. Response body: '<html>\nLog in'",
            "failed with error code 401 != 200.",
            "USERNAME",
        ),
        ("PERMISSION_DENIED: Permission denied", "answered: PERMISSION_DENIED: Permission denied.", "MLFLOW_TRACKING_USERNAME"),
        ('HTTPConnectionPool (Caused by E("X: [Errno 111] Connection refused"))', "answered: Connection refused.", "bring it back"),
        ("P (Caused by E('Connection aborted.', R('Remote end closed connection')))", "answered: Remote end closed connection.", "bring"),
        ('P (Caused by ReadTimeoutError("P(port=1): Read timed out. (read timeout=20)"))', "answered: Read timed out.", "bring it back"),
        ("", "answered: nothing.", "bring it back"),
        ("(psycopg) password=hidden is wrong\n[SQL: SELECT 1]", "password=*** is wrong.", "bring it back"),
    ],
)
def test_tracking(answer: str, said: str, mend: str) -> None:
    text = str(TrackingUnavailable(ADDRESS, answer))
    assert said in text and mend in text and "hidden" not in text and "\n" not in text and "lab:***@mlflow" in text


def test_both_survive_pickling() -> None:
    for error in (TrackingUnavailable(ADDRESS, "away"), StudyUnavailable(ADDRESS, "away")):
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is type(error) and str(again) == str(error)
