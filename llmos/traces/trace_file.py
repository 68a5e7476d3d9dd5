"""A trace as a file of a volume: what it is called, what may stand in it, and how it is read back.

Knows neither the text form, which is `trace_text`'s, nor the index. A secret is never written, and a sensitive trace
only encrypted.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from llmos.disk import read_file
from llmos.documents.document import hash_of, text_hash
from llmos.documents.frontmatter import MAX_DOCUMENT_BYTES, parse, rewrite
from llmos.errors import DocumentError, LLMosError
from llmos.traces import trace_text
from llmos.traces.encryption import OPENING, Page, Passphrase, page_of
from llmos.traces.scrub import Scrubber
from llmos.traces.trace import Trace

FOLDER: Final = "traces"
"""Where traces stand in a volume."""

SUFFIX: Final = ".md"

_HIDDEN: Final = "encrypted-"
"""What the name of an encrypted trace's file begins with; a keyed hash follows."""

ENCRYPTED: Final = "encrypted:"
"""What the signature of an encrypted trace begins with; the tag follows by which it is found."""

UNPROTECTED = "a sensitive trace is kept encrypted or not at all; set LLMOS_TRACE_PASSPHRASE to keep it"


@dataclass(frozen=True, slots=True)
class Reading:
    """What stands in a file: a trace, an encrypted page, or neither, for the reason that `problem` gives."""

    content_hash: str
    trace: Trace | None = None
    page: Page | None = None
    problem: str = ""
    known_id: str = ""
    """The id of the trace, where it need not be computed."""

    @property
    def id(self) -> str:
        """The id of the trace; empty where there is none that can be read."""
        return self.known_id or (self.trace.id if self.trace is not None else "")

    @property
    def signature(self) -> str:
        """By which it is found: the trace's own, or the tag of the page."""
        if self.page is not None:
            return ENCRYPTED + self.page.tag
        return self.trace.signature if self.trace is not None else ""

    @property
    def agent(self) -> str:
        """Whose trace it is; empty where nobody can tell."""
        return self.trace.agent if self.trace is not None else ""


def read(path: Path) -> Reading:
    """What stands in the file; never raises."""
    try:
        content = read_file(path, MAX_DOCUMENT_BYTES)
    except OSError as error:
        return Reading("", problem=f"{path}:1: the file cannot be read: {error.strerror or error}")
    return read_text(content, path)


def read_text(content: bytes, path: Path) -> Reading:
    """What stands in these bytes; `path` only names them."""
    content_hash = hash_of(content)
    try:
        text = content.decode()
        if text.startswith(OPENING):
            return Reading(content_hash, page=page_of(parse(text, path)))
        trace = trace_text.parse_trace(text, path)
    except UnicodeDecodeError:
        return Reading(content_hash, problem=f"{path}:1: the file is not UTF-8; save it as UTF-8")
    except DocumentError as error:
        return Reading(content_hash, problem=str(error))
    if trace.signature != text_hash(trace.skeleton):
        return Reading(content_hash, problem=f"{path}:1: its signature is not that of its skeleton")
    return Reading(content_hash, trace)


def decrypted(page: Page, passphrase: Passphrase, path: Path) -> Reading | None:
    """What an encrypted page holds; None where it was encrypted under other words, or changed since."""
    text = passphrase.decrypt(page)
    return None if text is None else read_text(text.encode("utf-8", "surrogatepass"), path)


def name_of(signature: str, agent: str) -> str:
    """By what an encrypted trace is found, to be hashed with a key."""
    return f"{signature} {agent}"


def file_name(trace: Trace, passphrase: Passphrase | None, salt: str) -> str:
    """What the file of a trace is called; that of a sensitive one tells nothing."""
    if trace.sensitive and passphrase is not None:
        return f"{_HIDDEN}{passphrase.tag(trace.id, salt)[:12]}{SUFFIX}"
    return trace_text.file_name(trace)


def counted_as(path: Path, trace_id: str) -> str:
    """By what the uses of a trace are counted: its id, or of an encrypted one, which that would tell of, its file."""
    names_it = path.stem.endswith(trace_id)  # a goal may begin with that word as well
    return path.stem if path.name.startswith(_HIDDEN) and not names_it else trace_id


def is_of_encrypted(name: str) -> bool:
    """Whether the uses of an encrypted trace are counted by this name."""
    return name.startswith(_HIDDEN)


def written(trace: Trace, scrubber: Scrubber, passphrase: Passphrase | None, salt: str) -> str:
    """The text of a trace's file; LLMosError where the trace must not be kept."""
    text = scrubbed(trace_text.show(trace), scrubber)
    back = read_text(text.encode("utf-8", "surrogatepass"), Path(trace_text.file_name(trace)))
    if back.problem or back.trace is None:
        raise LLMosError(f"the trace of '{_short(trace.goal)}' cannot be kept: {back.problem}")
    if back.trace.id != trace.id:
        raise LLMosError(
            f"the trace of '{_short(trace.goal)}' is not kept: what it does needs a password, key or token"
        )
    if not trace.sensitive:
        return text
    if passphrase is None:
        raise LLMosError(UNPROTECTED)
    return passphrase.encrypt(text, name_of(trace.signature, trace.agent), salt)


def scrubbed(text: str, scrubber: Scrubber) -> str:
    """The text without what looks like a secret, or is known as one."""
    return scrubber.scrub(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")


def raised(text: str, trace: Trace, path: Path) -> str:
    """The text of a trace's file after it was learned once more; all else in it stays as it is."""
    return rewrite(text, {"uses": trace.uses, "last_used": trace.last_used}, path)


def retold(text: str, trace: Trace, path: Path) -> str:
    """The text of a trace's file that tells what its uses came to; all else in it stays as it is."""
    return rewrite(text, {"rating": trace.rating, "uses": trace.uses, "last_used": trace.last_used}, path)


def _short(goal: str) -> str:
    return goal if len(goal) <= 60 else f"{goal[:59]}…"
