"""`llmos serve` refuses what would serve less than was asked for, before anything is opened."""

from tests.support.command_line import CommandLine


def test_a_key_without_a_certificate_is_refused(llmos: CommandLine) -> None:
    """Whoever names a key wants TLS; plain HTTP instead, and without a word, would carry tokens in the open."""
    said = llmos("serve", "--port", "0", "--keyfile", "key.pem")
    assert said.code == 2
    assert "--keyfile needs --certfile; without a certificate the service would speak plain HTTP; see " in said.err


def test_a_service_cannot_ask(llmos: CommandLine) -> None:
    """Whoever relies on being asked would never be, also where a pattern stands beside it."""
    said = llmos("serve", "--port", "0", "--approve", "Bash(git log *)", "--approve", "ask")
    why = "--approve ask needs a terminal to ask at, and a service has none; say never or a PATTERN"
    assert (said.code, said.err) == (2, f"llmos: {why}; see `llmos serve --help`.\n")
