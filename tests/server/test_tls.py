"""TLS: a real handshake with a real certificate, and clear words for files that do not fit."""

from __future__ import annotations

import datetime
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from worldsdk.errors import ServeError
from worldsdk.server.tls import server_context


def certificate(folder: Path, password: bytes | None = None) -> tuple[Path, Path]:
    """A self-signed certificate for localhost and its key, as PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    lock = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))
    (folder / "key.pem").write_bytes(key.private_bytes(pem, pkcs8, lock))
    return folder / "cert.pem", folder / "key.pem"


def shake(server: ssl.SSLContext, client: ssl.SSLContext) -> str | None:
    """Runs a handshake in memory and returns the version that was agreed on."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        server.wrap_bio(to_server, to_client, server_side=True),
        client.wrap_bio(to_client, to_server, server_hostname="localhost"),
    ]
    for _ in range(6):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return ends[1].version()


def test_a_client_that_trusts_the_certificate_gets_in(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    client = ssl.create_default_context(cafile=str(cert))
    assert shake(server_context(cert, key), client) == "TLSv1.3"


def test_old_versions_are_refused(tmp_path: Path) -> None:
    assert server_context(*certificate(tmp_path)).minimum_version == ssl.TLSVersion.TLSv1_2


def test_one_file_may_hold_both(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    cert.write_bytes(cert.read_bytes() + key.read_bytes())
    client = ssl.create_default_context(cafile=str(cert))
    assert shake(server_context(cert), client) == "TLSv1.3"


def test_files_that_do_not_fit_are_named(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    with pytest.raises(ServeError, match=r"none\.pem.*no such file"):
        server_context(cert, tmp_path / "none.pem")
    with pytest.raises(ServeError, match="cannot be used"):
        server_context(key, cert)
    (tmp_path / "other").mkdir()
    with pytest.raises(ServeError, match="cannot be used"):
        server_context(cert, certificate(tmp_path / "other")[1])


def test_a_locked_key_is_refused_and_nobody_is_asked_to_type(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path, b"password")
    with pytest.raises(ServeError, match="unencrypted"):
        server_context(cert, key)
