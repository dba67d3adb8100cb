"""Who is let in."""

import base64

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from dashboards.guard import Guard, check, is_loopback

PASSWORD = "correct horse battery"


def client(password: str | None, host: str = "127.0.0.1") -> TestClient:
    app = FastAPI()
    app.add_middleware(Guard, password=password)
    app.get("/")(lambda: "in")
    return TestClient(app, base_url=f"http://{host}")


@pytest.mark.parametrize("host", ("127.0.0.1", "localhost", "127.0.0.1:8000", "[::1]:8000"))
def test_loopback_is_let_in_by_its_own_names(host: str) -> None:
    answer = client(None).get("/", headers={"host": host})
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"] and answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("host", ("evil.example", "evil.example:8000", "127.0.0.1.evil.example", "192.168.1.7", ""))
def test_a_foreign_name_that_leads_to_loopback_is_turned_away(host: str) -> None:
    answer = client(None).get("/", headers={"host": host})
    assert answer.status_code == 421 and "loopback only" in answer.text


def test_with_a_password_any_name_is_served_to_who_knows_it() -> None:
    asked = client(PASSWORD, "lab.example")
    assert asked.get("/", auth=("anybody", PASSWORD)).status_code == 200
    for given in (None, ("anybody", "wrong"), (PASSWORD, "")):
        answer = asked.get("/", auth=given)
        assert answer.status_code == 401 and answer.headers["www-authenticate"].startswith("Basic")
        assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("header", ("Basic ", "Basic not-base64!", "Bearer " + base64.b64encode(f"a:{PASSWORD}".encode()).decode(), "x"))
def test_a_damaged_authorization_is_no_entrance(header: str) -> None:
    assert client(PASSWORD).get("/", headers={"authorization": header}).status_code == 401


@pytest.mark.parametrize(("host", "password"), (("0.0.0.0", None), ("0.0.0.0", "short"), ("lab.example", None), ("::", "")))
def test_beyond_loopback_needs_a_password(host: str, password: str | None) -> None:
    with pytest.raises(ValueError, match="LOSOTUNE_DASHBOARD_PASSWORD"):
        check(host, password)


def test_loopback_needs_none() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.9.9.9", "::1", "localhost"))) and not is_loopback("127.0.0.1.evil.example")
    check("127.0.0.1", None)
    check("0.0.0.0", PASSWORD)
