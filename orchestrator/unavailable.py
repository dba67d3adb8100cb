"""What it means that MLflow or the study's database cannot be reached, in one line that holds no password."""

import re

import requests
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.addresses import masked

UNAVAILABLE = (MlflowException, SQLAlchemyError, requests.RequestException, OSError)
"""What an MLflow server or database that cannot be reached or written looks like."""
ANSWER_LENGTH = 300
REFUSED = ("error code 401", "error code 403", "PERMISSION_DENIED")
"""In the answer of an MLflow server: no such user or password; a user who may not."""
_CAUSES = (re.compile(r"\[Errno -?\d+\] ([^\"')]+)"), re.compile(r"\('([^'()]+)'\)+$"), re.compile(r": (Read timed out)"))
"""Where a chain of exceptions says what happened, in the order of preference."""


class TrackingUnavailable(ConnectionError):
    """MLflow could not be reached or written. Nothing is lost: the ledger has it all."""

    def __init__(self, uri: str, answer: str) -> None:
        super().__init__(uri, answer)
        self.uri, self.answer = uri, answer

    def __str__(self) -> str:
        return f"MLflow must be reachable to write runs, but '{masked(self.uri)}' answered: {self.first_line}. {self.mend}"

    @property
    def first_line(self) -> str:
        return _first_line(self.answer)

    @property
    def is_refused(self) -> bool:
        """It is there, and does not take this user."""
        return any(refused in self.answer for refused in REFUSED)

    @property
    def mend(self) -> str:
        if self.is_refused:
            return "Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD to a user who may write, and run the same command again."
        return "All results are in the ledger: bring it back and run the same command again."


class StudyUnavailable(ConnectionError):
    """The study's database could not be reached or written. Settled trials are in it, finished folds in the ledger."""

    def __init__(self, storage: str, answer: str) -> None:
        super().__init__(storage, answer)
        self.storage, self.answer = storage, answer

    def __str__(self) -> str:
        return (
            f"The study's database must be reachable to search, but '{masked(self.storage)}' answered: {_first_line(self.answer)}. "
            "Settled trials and finished folds are kept: bring it back (--storage) and run the same command again."
        )


def _first_line(answer: str) -> str:
    """What a person needs of it: not the page that a server sends along, nor the whole of a chain of causes."""
    said = (answer.strip() or "nothing").splitlines()[0].partition(" Response body:")[0]
    causes = [found[1] for cause in _CAUSES if (found := cause.search(said.strip()))]
    return masked(causes[0] if causes else said)[:ANSWER_LENGTH].rstrip(". ")
