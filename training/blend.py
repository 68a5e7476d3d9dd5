"""Blends two pocket models of one descent: `python -m training.blend BEFORE AFTER --share 0.7 --out FILE`.

Between a network and what it became by further training lies one that has the knowledge of both (Wortsman et al. 2022,
"Robust fine-tuning of zero-shot models", https://arxiv.org/abs/2109.01903). The classifier is that of AFTER. Knows no
training.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from llmos.models.domain_classifier import read_classifier
from llmos.models.gguf_header import read_header
from training.export import write_gguf
from training.reopen import ReopenError, reopen


def blend(before: Path, after: Path, share: float, out: Path) -> int:
    """Write `share` (0 to 1) of one file's weights and the rest of the other's; the size in bytes.

    Raises ReopenError for a file that is no pocket model, or where the two differ in sizes or tokens.
    """
    (network, tokenizer), (other, tokens) = reopen(before), reopen(after)
    if network.shape != other.shape or tokenizer.get_vocab() != tokens.get_vocab():
        raise ReopenError(
            f"{before} and {after} have different sizes or tokens; take two files of which one began as the other"
        )
    weights = other.state_dict()
    network.load_state_dict({name: old.lerp(weights[name], share) for name, old in network.state_dict().items()})
    return write_gguf(network, tokenizer, out, read_classifier(read_header(after).keys, after))


def main(arguments: Sequence[str] | None = None) -> int:
    """Blend and say how large the file is; 2 with a sentence for files that do not fit together."""
    parser = argparse.ArgumentParser(description="Blend two pocket models of one descent.")
    parser.add_argument("before", type=Path, help="the GGUF that training went on from")
    parser.add_argument("after", type=Path, help="the GGUF that came of it")
    parser.add_argument("--share", type=float, default=0.7, help="of AFTER, 0 to 1; default: 0.7")
    parser.add_argument("--out", type=Path, required=True, help="the GGUF file to write")
    options = parser.parse_args(arguments)
    if not 0.0 <= options.share <= 1.0:
        parser.error(f"--share {options.share}: it lies between 0 and 1")
    try:
        size = blend(options.before, options.after, options.share, options.out)
    except ReopenError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{options.out}: {size / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
