"""TLS for servers that stand in the open without a proxy in front of them."""

from __future__ import annotations

import ssl
from pathlib import Path

from worldsdk.errors import ServeError


def server_context(certificate: Path, key: Path | None = None) -> ssl.SSLContext:
    """The TLS settings of a server: version 1.2 or later, no compression, Python's choice of ciphers.

    Args:
        certificate: PEM file with the chain, the server's own certificate first.
        key: PEM file of its private key, not encrypted; None where it is in the certificate's file.

    Raises:
        ServeError: a file cannot be read, is not PEM, or the two do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    # WebSocket's upgrade is of HTTP/1.1; offering nothing else spares browsers a failed try.
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except FileNotFoundError as error:
        missing = next((path for path in (certificate, key) if path and not path.exists()), certificate)
        raise ServeError("there is no such file", where=str(missing), fix="give PEM files") from error
    except (OSError, ValueError) as error:
        raise ServeError(
            f"certificate and key cannot be used ({getattr(error, 'reason', None) or error})",
            where=str(certificate),
            fix="give a PEM certificate chain and its unencrypted PEM key",
        ) from error
    return context


def _no_password() -> str:
    # Without this, OpenSSL would wait for somebody to type one.
    raise ValueError("the key is encrypted")
