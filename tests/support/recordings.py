"""Reads a recording back, with MCAP's own reader and by the schemas that the file itself carries."""

import json
from pathlib import Path


def messages(path: Path) -> list[tuple[str, str, dict[str, object], int]]:
    """Topic, schema, content and time of each message, in the order of writing, with every checksum verified."""
    from google.protobuf.json_format import MessageToDict
    from mcap.reader import make_reader
    from mcap_protobuf.decoder import DecoderFactory

    factory, found = DecoderFactory(), []
    with path.open("rb") as file:
        for schema, channel, message in make_reader(file, validate_crcs=True).iter_messages(log_time_order=False):
            decoder = factory.decoder_for(channel.message_encoding, schema)
            content = MessageToDict(decoder(message.data)) if decoder else json.loads(message.data)
            found.append((channel.topic, schema.name, content, message.log_time))
    return found


def topics(path: Path) -> set[str]:
    """What the recording is about."""
    from mcap.reader import make_reader

    with path.open("rb") as file:
        return {channel.topic for _, channel, _ in make_reader(file).iter_messages()}
