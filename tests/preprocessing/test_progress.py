import pytest

from preprocessing.progress import clip_progress


def test_nothing_is_drawn_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with clip_progress(3, show=True) as advance:
        advance(3)
    assert capsys.readouterr() == ("", "")


def test_a_terminal_sees_the_rate(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with clip_progress(3, show=True) as advance:
        advance(3)
    out, err = capsys.readouterr()
    assert out == "" and "3/3" in err and "clips/s" in err
