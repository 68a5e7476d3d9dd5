"""`llmos serve` refuses what would serve less than was asked for, before anything is opened."""

from tests.support.command_line import CommandLine


def test_a_key_without_a_certificate_is_refused(llmos: CommandLine) -> None:
    """Whoever names a key wants TLS; plain HTTP instead, and without a word, would carry tokens in the open."""
    said = llmos("serve", "--port", "0", "--keyfile", "key.pem")
    assert said.code == 2
    assert "--keyfile needs --certfile; without a certificate the service would speak plain HTTP; see " in said.err
