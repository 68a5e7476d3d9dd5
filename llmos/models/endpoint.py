"""The address and the key of a provider, looked at before anything is sent; knows no provider.

What a client would stumble over later, amid its own tracebacks, is told here with the variable that holds it.
"""

from urllib.parse import urlsplit

from llmos.errors import LLMosError


def checked_address(address: str, variable: str) -> str:
    """The address without a closing slash; LLMosError where it cannot be one, with the variable that says so.

    >>> checked_address("http://127.0.0.1:8080/v1/", "OPENAI_BASE_URL")
    'http://127.0.0.1:8080/v1'
    """
    if why := _fault(address):
        raise LLMosError(f"{variable} is no address of a server, {why}: {address!r}; such as http://127.0.0.1:8080/v1")
    return address.rstrip("/")


def checked_key(key: str, variable: str) -> str:
    """The key; LLMosError, which does not show it, where it cannot travel in a header (RFC 9110, section 5.5)."""
    if not (key.isascii() and key.isprintable()):
        raise LLMosError(f"{variable} holds a character that is in no key: only printable ASCII can be sent")
    return key


def _fault(address: str) -> str:
    """Why it is no address; empty where it is one."""
    if " " in address or not address.isprintable():
        return "it holds a blank or a control character"
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError as error:  # brackets that do not match, a port beyond 65535 or one that is no number
        return f"{error}"[:1].lower() + f"{error}"[1:]
    if parts.scheme not in ("http", "https"):
        return "it does not begin with http:// or https://"
    if not host:
        return "it names no host"
    return "its port is 0" if port == 0 else ""
