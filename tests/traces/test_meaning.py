"""Goals in other words are nominated where an embedder is there, and nothing is decided by it or lost without it."""

import sqlite3
from dataclasses import replace
from pathlib import Path
from time import time_ns

import numpy as np
import pytest

from llmos.errors import ModelError
from llmos.traces.library import TraceLibrary
from llmos.traces.meaning import Meanings
from llmos.vectors import Embedder, Floats
from tests.support.learned import fill, learned
from tests.support.stand_in_embedder import write_stand_in

KNOWN = ("move the arm to {point}", "bring the keys to the kitchen", "a red cube is on the sofa")


def opened(home: Path, embedder: Embedder, said: list[str], passphrase: str = "") -> TraceLibrary:
    """The library of a home with an embedder."""
    return TraceLibrary.open(
        home,
        [("user", home / "user")],
        said.append,
        secrets=["hunter2hunter2"],
        passphrase=passphrase,
        now_ns=time_ns,
        meanings=Meanings(embedder, said.append),
    )


def similar(home: Path, embedder: Embedder, asked: str, said: list[str] | None = None) -> list[tuple[str, float]]:
    """Skeletons that are alike, with their score."""
    with opened(home, embedder, [] if said is None else said) as known:
        return [(trace.skeleton, round(score, 2)) for trace, score in known.similar(asked, 3, "operator")]


def vectors(home: Path) -> dict[str, bytes]:
    """The vectors of the index by skeleton."""
    connection = sqlite3.connect(home / "index.sqlite")
    sql = "SELECT skeleton, vector FROM skeleton_vectors JOIN skeleton_words ON skeleton_words.rowid = number"
    found = dict(connection.execute(sql).fetchall())
    connection.close()
    return found


def test_a_goal_in_other_words_is_nominated(tmp_path: Path) -> None:
    """Though it shares no word that tells anything."""
    fill(tmp_path, [learned(skeleton) for skeleton in KNOWN])
    embedder = write_stand_in(tmp_path / "model")
    asked = "carry a keychain in a galley"
    assert similar(tmp_path, embedder, asked)[0] == (KNOWN[1], 1.0)
    with TraceLibrary.open(tmp_path, [("user", tmp_path / "user")], print) as without:
        assert [score for _, score in without.similar(asked, 3, "operator") if score > 0.5] == []


def test_what_is_worded_alike_is_found_as_before(tmp_path: Path) -> None:
    """The better of both likenesses counts, and it is never above one."""
    fill(tmp_path, [learned(skeleton) for skeleton in KNOWN])
    embedder = write_stand_in(tmp_path / "model")
    assert similar(tmp_path, embedder, KNOWN[0])[0] == (KNOWN[0], 1.0)
    assert similar(tmp_path, embedder, "xylophone zither") == [
        (skeleton, score) for skeleton, score in similar(tmp_path, embedder, "xylophone zither") if score < 0.3
    ]


def test_only_traces_of_the_agent_and_of_these_volumes_are_nominated(tmp_path: Path) -> None:
    """A vector knows neither; the table of traces does."""
    fill(tmp_path, [learned(KNOWN[0], agent="somebody"), learned(KNOWN[1])])
    fill(tmp_path, [learned(KNOWN[2])], volume="elsewhere")
    embedder = write_stand_in(tmp_path / "model")
    found = [skeleton for asked in KNOWN for skeleton, _ in similar(tmp_path, embedder, asked)]
    assert set(found) == {KNOWN[1]}


def test_each_skeleton_is_embedded_once(tmp_path: Path) -> None:
    """What is in the index is not made again; a new trace costs one more."""

    class Counting:
        """An embedder that counts."""

        def __init__(self, one: Embedder) -> None:
            self.one, self.texts = one, list[str]()
            self.model, self.dimensions = one.model, one.dimensions

        def embed(self, texts: list[str]) -> Floats:
            """As it does, and remember the texts."""
            self.texts += texts
            return self.one.embed(texts)

    counting = Counting(write_stand_in(tmp_path / "model"))
    fill(tmp_path, [learned(skeleton) for skeleton in KNOWN])
    for _ in range(2):
        similar(tmp_path, counting, "red")
    fill(tmp_path, [learned("drive to {point}")])
    similar(tmp_path, counting, "red")
    assert sorted(counting.texts) == sorted([*KNOWN, "drive to {point}", "red", "red", "red"])


def test_vectors_of_another_model_are_made_anew(tmp_path: Path) -> None:
    """They are not comparable; those that were there are gone."""
    fill(tmp_path, [learned(skeleton) for skeleton in KNOWN])
    similar(tmp_path, write_stand_in(tmp_path / "a"), "red")
    before = vectors(tmp_path)
    other = write_stand_in(tmp_path / "b", seed=2)
    assert similar(tmp_path, other, "carry a keychain in a galley")[0] == (KNOWN[1], 1.0)
    after = vectors(tmp_path)
    assert before.keys() == after.keys() == set(KNOWN)
    assert all(before[skeleton] != after[skeleton] for skeleton in KNOWN)


def test_a_vector_of_a_wrong_length_is_passed_over(tmp_path: Path) -> None:
    """As a damaged page of the index may hold one."""
    fill(tmp_path, [learned(skeleton) for skeleton in KNOWN])
    embedder = write_stand_in(tmp_path / "model")
    similar(tmp_path, embedder, "red")
    connection = sqlite3.connect(tmp_path / "index.sqlite")
    connection.execute("UPDATE skeleton_vectors SET vector = x'00' WHERE number = 2")
    connection.commit()
    connection.close()
    assert all(skeleton != KNOWN[1] or score < 0.5 for skeleton, score in similar(tmp_path, embedder, "a keychain"))


def test_a_deleted_trace_takes_its_vector_along(tmp_path: Path) -> None:
    """A text can in part be guessed from its vector; the number of a skeleton may be given to another one."""
    paths = fill(tmp_path, [learned(skeleton) for skeleton in KNOWN])
    embedder = write_stand_in(tmp_path / "model")
    similar(tmp_path, embedder, "red")
    for path in paths[1:]:
        path.unlink()
    with opened(tmp_path, embedder, []) as known:
        known.refresh()
    assert vectors(tmp_path).keys() == {KNOWN[0]}
    fill(tmp_path, [learned("put the block on the couch")])
    assert similar(tmp_path, embedder, "box and sofa")[0][0] == "put the block on the couch"


def test_encrypted_traces_and_secrets_have_no_vector(tmp_path: Path) -> None:
    """Neither what a passphrase hides, nor a skeleton into which somebody wrote a key."""
    embedder = write_stand_in(tmp_path / "model")
    (tmp_path / "user").mkdir()
    with opened(tmp_path, embedder, [], passphrase="correct horse") as known:
        known.add(tmp_path / "user", learned(KNOWN[0], sensitive=True))
    (path,) = fill(tmp_path, [learned(KNOWN[1])])
    text = path.read_text("utf-8")
    path.write_text(text.replace(KNOWN[1], f"{KNOWN[1]} with hunter2hunter2"), "utf-8")
    fill(tmp_path, [learned(KNOWN[2])])
    with opened(tmp_path, embedder, [], passphrase="correct horse") as known:
        known.refresh()
        known.similar("red", 3, "operator")
        assert known.exact(learned(KNOWN[0]).signature, "operator")
    assert vectors(tmp_path).keys() == {KNOWN[2]}


class Broken:
    """An embedder whose file is no good."""

    model, dimensions = "broken", 384

    def __init__(self) -> None:
        self.asked = 0

    def embed(self, _: list[str]) -> Floats:
        """Nothing."""
        self.asked += 1
        raise ModelError("the file is damaged")


def test_a_broken_embedder_is_told_once_and_words_go_on(tmp_path: Path) -> None:
    """And it is not asked again in this process."""
    fill(tmp_path, [learned(skeleton) for skeleton in KNOWN])
    said: list[str] = []
    broken = Broken()
    with opened(tmp_path, broken, said) as known:
        for _ in range(3):
            assert known.similar("move the arm to {point} again", 1, "operator")[0][0].skeleton == KNOWN[0]
        assert known.rebuild() == 3
    assert said == ["similar goals are looked for by their words only: the file is damaged"]
    assert broken.asked == 1


def test_a_replay_asks_no_embedder(tmp_path: Path) -> None:
    """What is done again is found by its signature; likeness is for what a model is shown."""
    fill(tmp_path, [learned(KNOWN[0])])
    broken = Broken()
    with opened(tmp_path, broken, []) as known:
        assert known.exact(learned(KNOWN[0]).signature, "operator")
        assert known.groups()
    assert broken.asked == 0


def test_an_empty_library_asks_no_embedder(tmp_path: Path) -> None:
    """Nothing is loaded that has nothing to be compared with."""
    (tmp_path / "user").mkdir()
    broken = Broken()
    assert similar(tmp_path, broken, "red") == []
    assert broken.asked == 0


def test_a_question_waits_only_a_moment_for_vectors_and_reindex_makes_all(tmp_path: Path) -> None:
    """Of many new traces some are embedded at once; none is forgotten."""

    class Slow:
        """An embedder that has made enough after the first texts."""

        def __init__(self, one: Embedder) -> None:
            self.one = one
            self.model, self.dimensions = one.model, one.dimensions

        def embed(self, texts: list[str]) -> Floats:
            """As it does, many times over."""
            for _ in range(40 if len(texts) > 1 else 1):
                found = self.one.embed(texts)
            return found

    words = [f"word{number}" for number in range(400)]
    embedder = Slow(write_stand_in(tmp_path / "model", words=words))
    fill(tmp_path, [learned(f"red {word}") for word in words])
    similar(tmp_path, embedder, "sofa")
    some = len(vectors(tmp_path))
    assert some > 0
    with opened(tmp_path, embedder, []) as known:
        assert known.rebuild() == 400
    assert len(vectors(tmp_path)) == 400


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_an_older_index_gets_tables_for_vectors(tmp_path: Path, version: str) -> None:
    """What stands in it stays."""
    stored = Path(__file__).parent / "indexes" / f"{version}.sqlite"
    (tmp_path / "index.sqlite").write_bytes(stored.read_bytes())
    fill(tmp_path, [learned(KNOWN[0])])
    embedder = write_stand_in(tmp_path / "model")
    said: list[str] = []
    assert similar(tmp_path, embedder, "drive the hand", said)[0][0] == KNOWN[0]
    assert said == []
    assert vectors(tmp_path).keys() >= {KNOWN[0]}


def test_two_libraries_in_one_process_share_what_was_read(tmp_path: Path) -> None:
    """The vectors are held by whoever lives as long as the process, and read again when another index is asked."""
    embedder = write_stand_in(tmp_path / "model")
    meanings = Meanings(embedder, print)
    for name, skeleton in (("a", KNOWN[0]), ("b", KNOWN[1]), ("a", KNOWN[0])):
        home = tmp_path / name
        fill(home, [learned(skeleton)])
        with TraceLibrary.open(home, [("user", home / "user")], print, meanings=meanings) as known:
            found = known.similar("drive a hand and carry keys to the galley", 3, "operator")
            assert [trace.skeleton for trace, _ in found] == [skeleton]


def test_numbers_of_traces_do_not_matter(tmp_path: Path) -> None:
    """Twenty traces of one skeleton have one vector."""
    fill(tmp_path, [replace(learned(KNOWN[0], number), run_id=f"r{number}") for number in np.arange(1.0, 6.0).tolist()])
    similar(tmp_path, write_stand_in(tmp_path / "model"), "red")
    assert len(vectors(tmp_path)) == 1
