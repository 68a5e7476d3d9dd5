"""Model files arrive whole, with the hub's checksum, or not at all, and no byte is fetched twice."""

from pathlib import Path

import pytest

from llmos.errors import LLMosError, ModelError, RetryableError, StorageError
from llmos.models.pull import pull
from tests.support.disks import tmpfs
from tests.support.hub import REPOSITORY, Hub

pytestmark = pytest.mark.anyio

WEIGHTS = bytes(range(256)) * 2000
FILES = {"model-Q4.gguf": WEIGHTS, "mmproj.gguf": b"eyes" * 1000}
Steps = list[tuple[str, int, int]]


async def fetch(hub: Hub, folder: Path, *names: str, steps: Steps | None = None) -> list[Path]:
    """Pull these files."""
    seen: Steps = [] if steps is None else steps
    return await pull(
        REPOSITORY,
        names or ("model-Q4.gguf",),
        folder,
        endpoint=hub.url,
        on_progress=lambda name, done, size: seen.append((name, done, size)),
    )


def files_in(folder: Path) -> list[str]:
    """The names in a folder."""
    return [path.name for path in folder.iterdir()]


async def refusal(hub: Hub, folder: Path, *names: str) -> LLMosError:
    """What a pull that must fail says."""
    with pytest.raises(LLMosError) as caught:
        await fetch(hub, folder, *names)
    return caught.value


async def test_files_arrive_through_a_redirect_with_progress(tmp_path: Path) -> None:
    """Each in full, nothing left beside them."""
    steps: Steps = []
    async with Hub(FILES) as hub:
        paths = await fetch(hub, tmp_path / "models", *FILES, steps=steps)
    assert [path.read_bytes() for path in paths] == list(FILES.values())
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == sorted(FILES)
    assert steps[0] == ("model-Q4.gguf", 0, len(WEIGHTS))
    assert ("model-Q4.gguf", len(WEIGHTS), len(WEIGHTS)) in steps
    assert [done for name, done, _ in steps if name == "mmproj.gguf"] == [0, 4000]


async def test_a_broken_download_goes_on_where_it_broke(tmp_path: Path) -> None:
    """Twice cut in half: the ranges asked for begin at what had arrived."""
    async with Hub(FILES, drops=2) as hub:
        (path,) = await fetch(hub, tmp_path)
    half, three_quarters = len(WEIGHTS) // 2, len(WEIGHTS) * 3 // 4
    assert hub.downloads == ["all", f"bytes={half}-", f"bytes={three_quarters}-"]
    assert path.read_bytes() == WEIGHTS


async def test_a_download_that_breaks_on_and_on_is_kept_for_the_next_pull(tmp_path: Path) -> None:
    """The sentence says how far it came; the next pull fetches the rest only."""
    async with Hub(FILES, drops=5) as hub:
        error = await refusal(hub, tmp_path)
        (part,) = files_in(tmp_path)
        arrived = len((tmp_path / part).read_bytes())
        assert isinstance(error, RetryableError)
        assert str(error).startswith(f"the download of 'model-Q4.gguf' broke off at {arrived} of 512000 bytes: ")
        assert str(error).endswith("; the next pull goes on from there")
        (path,) = await fetch(hub, tmp_path)
    assert hub.downloads[-1] == f"bytes={arrived}-"
    assert path.read_bytes() == WEIGHTS
    assert files_in(tmp_path) == [path.name]


async def test_a_server_without_ranges_is_asked_for_all_again(tmp_path: Path) -> None:
    """What had arrived is overwritten, not doubled."""
    async with Hub(FILES, drops=1, knows_ranges=False) as hub:
        (path,) = await fetch(hub, tmp_path)
    assert path.read_bytes() == WEIGHTS


async def test_what_is_there_is_not_fetched_again(tmp_path: Path) -> None:
    """A whole file is known by its checksum; one of the right length and other content is replaced."""
    (tmp_path / "model-Q4.gguf").write_bytes(WEIGHTS)
    (tmp_path / "mmproj.gguf").write_bytes(b"EYES" * 1000)
    async with Hub(FILES) as hub:
        await fetch(hub, tmp_path, *FILES)
    assert hub.downloads == ["all"]
    assert (tmp_path / "mmproj.gguf").read_bytes() == FILES["mmproj.gguf"]


async def test_a_wrong_checksum_leaves_nothing(tmp_path: Path) -> None:
    """A file that is not what the hub describes is removed, so that the next pull starts anew."""
    async with Hub(FILES, lies={"mmproj.gguf": "0" * 64}) as hub:
        error = await refusal(hub, tmp_path, "mmproj.gguf")
    assert str(error) == (
        "'mmproj.gguf' arrived damaged and was removed: its SHA-256 is "
        "9a2aa58d7b15cb318e279a03cb92970f9b74638d8e25ff1c0572067ff7d7eca1, not "
        f"{'0' * 64}; pull it again"
    )
    assert files_in(tmp_path) == []


async def test_a_small_file_is_known_by_the_id_of_its_blob(tmp_path: Path) -> None:
    """As git has it: what is in no large-file storage, such as a tokenizer, is checked all the same."""
    files = {"onnx/model.onnx": b"m" * 3000, "tokenizer.json": b'{"model": {}}\n'}
    async with Hub(files, in_git={"tokenizer.json"}) as hub:
        paths = await fetch(hub, tmp_path, *files)
        assert [path.name for path in paths] == ["model.onnx", "tokenizer.json"]
        assert [path.read_bytes() for path in paths] == list(files.values())
        downloads = len(hub.downloads)
        await fetch(hub, tmp_path, *files)
        assert len(hub.downloads) == downloads
        hub.lies["tokenizer.json"] = "0" * 40
        error = await refusal(hub, tmp_path, "tokenizer.json")
    assert str(error) == (
        "'tokenizer.json' arrived damaged and was removed: its git id is 242b4f47c3bb5f4166e20b22116bdfecc97aca49, not "
        f"{'0' * 40}; pull it again"
    )


async def test_a_file_without_a_checksum_is_not_trusted(tmp_path: Path) -> None:
    """Neither that of large-file storage nor the id of a blob."""
    async with Hub(FILES, lies={"mmproj.gguf": ""}) as hub:
        error = await refusal(hub, tmp_path, "mmproj.gguf")
    assert str(error) == (
        "the hub gives no checksum for 'mmproj.gguf' of 'maker/model-GGUF', so it could not be trusted"
    )


async def test_a_file_that_the_repository_has_not_gets_the_nearest_name(tmp_path: Path) -> None:
    """Nothing is fetched when one of the names is wrong."""
    async with Hub(FILES) as hub:
        error = await refusal(hub, tmp_path, "mmproj.gguf", "model-Q5.gguf")
    assert str(error) == "'maker/model-GGUF' has no file 'model-Q5.gguf'; did you mean 'model-Q4.gguf'?"
    assert hub.downloads == []


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_repository_that_is_not_public_is_named(tmp_path: Path, status: int) -> None:
    """The hub answers alike for what is missing, private or behind a licence."""
    async with Hub(FILES, status=status) as hub:
        error = await refusal(hub, tmp_path)
        assert str(error) == f"{hub.url} has no public repository 'maker/model-GGUF' at 'main' ({status})"


async def test_a_hub_in_trouble_may_be_asked_again(tmp_path: Path) -> None:
    """Its troubles and its limits are not ours."""
    for status in (429, 503):
        async with Hub(FILES, status=status) as hub:
            error = await refusal(hub, tmp_path)
            assert isinstance(error, RetryableError)
            assert str(error) == f"{hub.url} answers with status {status}; try again later"


async def test_an_address_that_is_no_hub_is_named(tmp_path: Path, free_port: int) -> None:
    """Nobody there, or no address at all."""
    nobody = f"http://127.0.0.1:{free_port}"
    with pytest.raises(RetryableError, match=rf"^{nobody} cannot be reached: "):
        await pull(REPOSITORY, ["x"], tmp_path, endpoint=nobody, on_progress=lambda *_: None)
    for address in ("hub.example", "http://hub:port"):
        with pytest.raises(ModelError, match=f"^{address} is no address of a hub: "):
            await pull(REPOSITORY, ["x"], tmp_path, endpoint=address, on_progress=lambda *_: None)


async def test_more_than_the_disk_holds_is_refused_before_anything_is_fetched(tmp_path: Path) -> None:
    """Room and need are named."""
    hub = Hub(FILES)
    hub._described = lambda name: {  # type: ignore[method-assign]
        "path": name,
        "lfs": {"oid": "0" * 64, "size": 10**18},
    }
    async with hub:
        error = await refusal(hub, tmp_path)
    assert isinstance(error, StorageError)
    assert str(error).startswith(f"{tmp_path} has room for ")
    assert str(error).endswith(" GB, and 1000000000.0 GB are to be fetched")
    assert hub.downloads == []


async def test_a_disk_that_fills_up_meanwhile_keeps_what_arrived(tmp_path: Path) -> None:
    """Others write to the same disk."""
    with tmpfs(tmp_path / "disk", "size=1m") as disk:

        def fill(_: str, done: int, size: int) -> None:
            if not done:
                (disk / "other").write_bytes(b"x" * 800_000)

        async with Hub(FILES) as hub:
            with pytest.raises(StorageError) as caught:
                await pull(REPOSITORY, ["model-Q4.gguf"], disk, endpoint=hub.url, on_progress=fill)
            assert str(caught.value) == f"{disk} is full; what has arrived is kept for the next pull"
            (disk / "other").unlink()
            (path,) = await fetch(hub, disk)
        assert path.read_bytes() == WEIGHTS
        assert hub.downloads[1].startswith("bytes=")


async def test_a_hub_that_sends_more_than_it_announced_is_stopped(tmp_path: Path) -> None:
    """No disk is filled by a file that has no end."""
    async with Hub(dict(FILES)) as hub:
        described = hub._described
        hub._described = lambda name: {**described(name), "lfs": {"oid": "0" * 64, "size": 9}}  # type: ignore[method-assign]
        error = await refusal(hub, tmp_path, "mmproj.gguf")
    assert str(error) == "the hub sends more than the 9 bytes of 'mmproj.gguf' that it announced"


async def test_what_is_longer_than_announced_is_not_gone_on_with(tmp_path: Path) -> None:
    """The surplus of one pull would keep every later one from its file."""
    content = FILES["mmproj.gguf"]
    async with Hub(dict(FILES)) as hub:
        hub.files["mmproj.gguf"] = content + b"and more"
        hub._described = lambda name: {**Hub(FILES)._described(name)}  # type: ignore[method-assign]
        await refusal(hub, tmp_path, "mmproj.gguf")
        (part,) = files_in(tmp_path)
        assert (tmp_path / part).stat().st_size <= len(content)
        (tmp_path / part).write_bytes(content + b"and more")
        hub.files["mmproj.gguf"] = content
        (path,) = await fetch(hub, tmp_path, "mmproj.gguf")
    assert hub.downloads[-1] == "all"
    assert path.read_bytes() == content
    assert files_in(tmp_path) == [path.name]


async def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    """A file stands in the way."""
    (tmp_path / "models").write_text("in the way")
    async with Hub(FILES) as hub:
        error = await refusal(hub, tmp_path / "models")
    assert str(error) == (
        f"cannot make the folder {tmp_path / 'models'}: a part of this path is a file where a folder must be; "
        "move it away or set LLMOS_HOME elsewhere"
    )
