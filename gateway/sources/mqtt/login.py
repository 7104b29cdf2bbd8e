"""What a connection is opened with, read again for each attempt, and what it means when opening fails.

A password or certificate may be renewed while the program runs. Reading and connecting block: both are called
in a thread.
"""

import socket
import ssl

from gateway.certificate_time import time_fault
from gateway.errors import Blocked, GatewayError, Unavailable
from gateway.model import Stamp
from gateway.settings import Secret
from gateway.sources.mqtt.config import MqttSection


def password(section: MqttSection) -> str | None:
    """The password, None without one.

    Raises:
        Blocked: the file cannot be read, or others can.
    """
    if section.password_file is None:
        return None
    try:
        return Secret(section.password_file).read()
    except OSError as fault:
        what = f"password_file {section.password_file}: {fault.strerror}"
        raise Blocked(
            what, "write the password into it, for this program's user to read"
        ) from fault
    except ValueError as fault:
        raise Blocked("password_file", str(fault)) from fault


def tls_context(section: MqttSection) -> ssl.SSLContext | None:
    """TLS with the broker's name and certificate checked, None without TLS.

    Raises:
        Blocked: a certificate or key file is of no use.
    """
    if not section.place.tls:
        return None
    try:
        context = ssl.create_default_context(cafile=section.ca_file)
    except OSError as fault:  # ssl.SSLError is one
        raise Blocked(f"ca_file {section.ca_file}: {_words(fault)}", "it is a PEM file") from fault
    if section.cert_file is not None:
        try:
            context.load_cert_chain(section.cert_file, section.key_file)
        except OSError as fault:
            what = (
                f"cert_file {section.cert_file} with key_file {section.key_file}: {_words(fault)}"
            )
            raise Blocked(what, "they are PEM files and belong together") from fault
    return context


def meaning(fault: OSError, section: MqttSection, now: Stamp) -> GatewayError:
    """Who must act when the broker could not be reached; `now` is this machine's clock."""
    host, port, tls = section.place
    where = f"{host}:{port}"
    if isinstance(fault, ssl.SSLCertVerificationError):
        of_time = time_fault(fault.verify_code, now)
        if isinstance(of_time, Blocked):
            return Blocked(f"{where} {of_time.what}", of_time.remedy)
        if of_time is not None:
            return Unavailable(f"{where} {of_time.what}")
        return Blocked(
            f"{where}: its certificate is not trusted ({fault.verify_message})",
            "check ca_file, and that url has the name in the certificate",
        )
    if isinstance(fault, ssl.SSLError):
        return Unavailable(f"{where}: TLS failed ({_words(fault)}); is this its port for TLS?")
    if isinstance(fault, socket.gaierror):
        return Unavailable(f"{host}: the name is not known ({fault.strerror})")
    if isinstance(fault, TimeoutError):
        return Unavailable(f"{where}: no answer{' by TLS' if tls else ''}")
    return Unavailable(f"{where}: {_words(fault)}")


def _words(fault: OSError) -> str:
    return str(getattr(fault, "reason", None) or fault.strerror or fault)
