"""Mail over a secure line, with a log-in: the certificate is checked, and the password goes nowhere without one."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.mail.models import Mail
from core.services import Services
from tests.core.mail.test_mail import Inbox, Write, free_port, inbox, postman, row, write

__all__ = ["inbox", "write"]
# aiosmtpd does not see that the line is secure from its first byte.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:Requiring AUTH while:UserWarning")]
LOGIN = {"mail.user": "crm", "mail.password": "hush"}
Serve = Callable[..., int]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 that signs itself, with its key in the same file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path_factory.mktemp("tls") / "mail.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path


def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    assert isinstance(data, LoginPassword)
    good = (data.login, data.password) == (b"crm", b"hush")
    return AuthResult(success=good, handled=False)


@pytest.fixture
def serve(inbox: Inbox, certificate: Path) -> Iterator[Serve]:
    """`serve("tls")` is the port of a server that is secure from the first byte; `serve("starttls")` becomes so."""
    running: list[Controller] = []

    def start(how: str) -> int:
        secure = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        secure.load_cert_chain(certificate)
        options: dict[str, Any] = {"auth_required": True, "authenticator": authenticate}
        if how == "tls":
            options |= {"ssl_context": secure, "auth_require_tls": False}
        else:
            options |= {"tls_context": secure, "require_starttls": True}
        controller = Controller(inbox, hostname="127.0.0.1", port=free_port(), **options)
        controller.start()
        running.append(controller)
        return controller.port

    yield start
    for one in running:
        one.stop()


@pytest.mark.parametrize("how", ["tls", "starttls"])
def test_a_mail_goes_over_a_secure_line_with_a_log_in(
    services: Services, serve: Serve, inbox: Inbox, write: Write, certificate: Path, monkeypatch: Any, how: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    number = write()
    postman(services, serve(how), **LOGIN, **{"mail.tls": how}).deliver()
    assert row(services, number).last_error == ""
    assert len(inbox.taken) == 1


@pytest.mark.parametrize("how", ["tls", "starttls"])
def test_a_certificate_that_nobody_vouches_for_is_refused(
    services: Services, serve: Serve, inbox: Inbox, write: Write, how: str
) -> None:
    number = write()
    postman(services, serve(how), **LOGIN, **{"mail.tls": how}).deliver()
    assert "certificate of 127.0.0.1" in row(services, number).last_error
    assert inbox.taken == []


def test_a_wrong_password_is_told_and_tried_again(
    services: Services, serve: Serve, write: Write, certificate: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    number = write()
    postman(services, serve("starttls"), **{**LOGIN, "mail.password": "wrong", "mail.tls": "starttls"}).deliver()
    mail: Mail = row(services, number)
    assert "refused mail.user and mail.password: 535" in mail.last_error
    assert "wrong" not in mail.last_error
    assert mail.state == "waiting"
