import json
import os
from typing import Any

import pytest

from preprocessing.console import Result, finished, say


def run(work: Any, as_json: bool = False) -> int:
    def tell(result: Result) -> None:
        say(f"told {result['num']}")

    return finished("build", work, tell, as_json=as_json)


def test_a_result_is_told_and_printed_as_json(capfd: pytest.CaptureFixture[str]) -> None:
    def work() -> Result:
        os.write(1, b"a library speaks\n")
        return {"num": 3}

    assert run(work, as_json=True) == 0
    out, err = capfd.readouterr()
    assert json.loads(out) == {"num": 3} and "a library speaks" in err and "told 3" in err
    assert run(lambda: {"num": 4}) == 0
    assert capfd.readouterr() == ("", "told 4\n")


@pytest.mark.parametrize("error", (ValueError("No such clip."), FileNotFoundError("No such clip."), KeyboardInterrupt()))
def test_an_error_is_one_line_and_exit_code_one(error: BaseException, capfd: pytest.CaptureFixture[str]) -> None:
    def work() -> Result:
        raise error

    said = "interrupted: the same command goes on" if isinstance(error, KeyboardInterrupt) else "No such clip."
    assert run(work) == 1
    out, err = capfd.readouterr()
    assert out == "" and err.startswith("build ") and said in err and len(err.splitlines()) == 1
    assert run(work, as_json=True) == 1
    out, err = capfd.readouterr()
    assert said in json.loads(out)["error"] and "build " in err


def test_our_own_mistakes_keep_their_traceback() -> None:
    with pytest.raises(ZeroDivisionError):
        run(lambda: {"num": 1 // 0})
