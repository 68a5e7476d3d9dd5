"""Goals about files that are alike, and what truly reaches each of them."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from random import Random

from llmos.messages import JSON
from tests.support.adversaries import Ask, Call, Lesson, Must, Task, Written, again, number, say, text, word

_OTHERWISE: tuple[Call, ...] = (("Glob", {"pattern": "*"}),)
"""What a model does about a goal that asks for nothing to be written; nothing that was learned comes to this."""
_STEMS = ("notes", "plan", "Report", "todo", "data", "readme", "index", "draft", "Menu", "log")
_ENDINGS = ("txt", "md", "csv", "json")
_TEXTS = (
    "hello",
    "Hello",
    "good bye",
    "Ünïcode",
    "3 apples",
    "left",
    "right",
    "open",
    "closed",
    "none",
    "a.b",
    "x = 1",
)
_FRAMES = (
    "do not {}",
    "{} and then delete it",
    "{} unless it exists",
    "never {}",
    "{} as a backup",
    "explain how to {}",
)
_SOME_FILES = {"A": "of A\n", "B": "of B\n", "a": "of a\n", "b": "of b\n", "all.txt": "left 1\nright 2\nleft 3\n"}


def writes(path: str, content: str) -> Call:
    """Write a file."""
    return "Write", {"file_path": path, "content": content}


def edits(path: str, old: str, new: str) -> Call:
    """Replace a passage."""
    return "Edit", {"file_path": path, "old_string": old, "new_string": new}


def runs(command: str) -> Call:
    """Run a command, which a person has permitted beforehand."""
    return "Bash", {"command": command}


def file_lessons(chance: Random, scale: int) -> Iterator[Lesson]:
    """Lessons about files; `scale` says how many of each kind."""
    for _ in range(scale):
        yield _content(chance)
        yield _two_files(chance)
        yield _same_text(chance)
        yield _replaced(chance)
        yield _deleted(chance)
        yield _named_file(chance)
        yield _listed(chance)
        yield _script(chance)
        yield _unquoted(chance)
        yield _line(chance)
        yield _word_in_a_file(chance)


def _paths(chance: Random, count: int) -> list[str]:
    """So many paths, none of which is part of another."""
    stems = chance.sample(_STEMS, count)
    return [f"{chance.choice(('', '', 'sub/', './'))}{stem}.{chance.choice(_ENDINGS)}" for stem in stems]


def _lesson(
    name: str,
    template: str,
    calls: Callable[..., tuple[Call, ...]],
    learned: list[tuple[JSON, ...]],
    written: Callable[..., tuple[Written, ...]],
    chance: Random,
    others: list[tuple[tuple[JSON, ...], Must, str]],
    more: list[Ask] | None = None,
    files: Mapping[str, str] | None = None,
    cased: bool = False,
) -> Lesson:
    """A lesson on one template; `calls` and `written` make of values what reaches them and how they are told."""

    def task(values: tuple[JSON, ...]) -> Task:
        return Task(say(template, *written(*values)), calls(*values))

    first = learned[0]
    told = partial(say, template, *written(*first), cased=cased)
    asks = list(again(lambda luck: told(chance=luck), task(first), chance, 6))
    asks += [Ask(task(values), must, why) for values, must, why in others]
    for frame in _FRAMES:
        framed = frame.format(template[0].lower() + template[1:])
        asks.append(Ask(Task(say(framed, *written(*first)), _OTHERWISE), "never", frame.format("...")))
    return Lesson(name, "files", tuple(map(task, learned)), (*asks, *(more or [])), files=files or {})


def _content(chance: Random) -> Lesson:
    one, two, three = _paths(chance, 3)
    first, second, third, fourth = chance.sample(_TEXTS, 4)
    template = chance.choice(
        ("Create the file {} with the content {}", "Make a file {} that says {}", "Fill {} with {}")
    )
    return _lesson(
        "content",
        template,
        lambda path, content: (writes(path, content),),
        [(one, first), (two, second)],
        lambda path, content: (word(path), text(content)),
        chance,
        [
            ((three, first), "rebind", "another path"),
            ((one, third), "rebind", "another text"),
            ((three, fourth), "rebind", "another path and text"),
            ((one.swapcase(), first), "rebind", "case of a path"),
            ((one, f"{first} "), "rebind", "a blank in quotes"),
            ((one, first.swapcase()), "rebind", "case of a text"),
        ],
        [
            Ask(Task(f"Create the folder {one} with the content '{first}'", _OTHERWISE), "never", "another word"),
            Ask(Task(f"Create the file {one} with the content {first}?", _OTHERWISE), "never", "a question"),
        ],
    )


def _two_files(chance: Random) -> Lesson:
    one, two, three, four, five, six = _paths(chance, 6)
    first, second, third, fourth = chance.sample(_TEXTS, 4)
    either = f"Write '{first}' to {one} or '{second}' to {two}"
    return _lesson(
        "two files",
        "Write {} to {} and {} to {}",
        lambda a, path, b, other: (writes(path, a), writes(other, b)),
        [(first, one, second, two), (third, three, fourth, four)],
        lambda a, path, b, other: (text(a), word(path), text(b), word(other)),
        chance,
        [
            ((first, two, second, one), "rebind", "swapped files"),
            ((second, one, first, two), "rebind", "swapped texts"),
            ((first, five, fourth, six), "rebind", "other files"),
        ],
        [Ask(Task(either, _OTHERWISE), "never", "or")],
    )


def _same_text(chance: Random) -> Lesson:
    """A file that holds its own name, and two texts of one value."""
    one, two, three = _paths(chance, 3)
    first, second = chance.sample(_TEXTS, 2)
    return _lesson(
        "same text",
        "Create {} with {} as its title and {} as its text",
        lambda path, title, content: (writes(path, f"# {title}\n{content}\n"),),
        [(one, one, one)],
        lambda path, title, content: (word(path), text(title), text(content)),
        chance,
        [
            ((one, first, one), "never", "the second of equal values"),
            ((one, one, first), "never", "the third of equal values"),
            ((two, one, one), "never", "the first of equal values"),
            ((three, first, second), "never", "all of them"),
        ],
    )


def _replaced(chance: Random) -> Lesson:
    one, two, three = _paths(chance, 3)
    old, new, other = chance.sample(["red", "green", "blue", "left", "right", "Up", "down"], 3)
    files = dict.fromkeys((one, two, three), f"{old} and {new} and {other}\n")
    return _lesson(
        "replaced",
        "Replace {} by {} in {}",
        lambda a, b, path: (edits(path, a, b),),
        [(old, new, one), (new, other, two)],
        lambda a, b, path: (text(a), text(b), word(path)),
        chance,
        [
            ((new, old, one), "rebind", "swapped texts"),
            ((old, new, three), "rebind", "another path"),
            ((other, old, three), "rebind", "other texts"),
        ],
        files=files,
    )


def _deleted(chance: Random) -> Lesson:
    one, two, three = _paths(chance, 3)
    return _lesson(
        "deleted",
        chance.choice(("Delete {}", "Remove {}", "Get rid of {}")),
        lambda path: (runs(f"rm {path}"),),
        [(one,)],
        lambda path: (word(path),),
        chance,
        [((two,), "never", "another file"), ((three,), "never", "another file"), ((one.swapcase(),), "never", "case")],
        [Ask(Task("Delete *.txt", _OTHERWISE), "never", "pattern")],
        files={each: "x\n" for path in (one, two, three) for each in (path, path.swapcase())},
    )


def _named_file(chance: Random) -> Lesson:
    name, *others = chance.sample(["A", "B", "a", "b"], 4)
    verb = chance.choice(("Delete file", "Delete the file", "Remove the file named"))
    more = [Ask(Task(f"{verb} {other}", (runs(f"rm {other}"),)), "never", "another letter") for other in others]
    more += [
        Ask(Task(f"Delete all files but {name}", _OTHERWISE), "never", "all but"),
        Ask(Task("Delete all files", _OTHERWISE), "never", "all"),
        Ask(Task("Delete no files", _OTHERWISE), "never", "none"),
        Ask(Task(f"Undelete file {name}", _OTHERWISE), "never", "opposite"),
        Ask(Task(f"{verb} {name} and {others[0]}", _OTHERWISE), "never", "one more"),
    ]
    return _lesson(
        "letters",
        f"{verb} {{}}",
        lambda path: (runs(f"rm {path}"),),
        [(name,)],
        lambda path: (word(path),),
        chance,
        [],
        more,
        files=_SOME_FILES,
    )


def _listed(chance: Random) -> Lesson:
    """What is written follows from the numbers and is none of them."""
    (path,) = _paths(chance, 1)
    a, b, c, d = chance.sample(range(2, 60), 4)
    return _lesson(
        "listed",
        "Write the numbers {}, {} and {} into {}",
        lambda *values: (writes(values[3], "".join(f"{each}\n" for each in values[:3])),),
        [(a, b, c, path)],
        lambda *values: (*map(number, values[:3]), word(values[3])),
        chance,
        [((c, b, a, path), "never", "order"), ((a, b, d, path), "never", "another number")],
        [Ask(Task(f"Write the numbers {a} and {b} into {path}", _OTHERWISE), "never", "one less")],
    )


def _script(chance: Random) -> Lesson:
    (path,) = _paths(chance, 1)
    one, two, three = chance.sample(range(5, 60), 3)
    return _lesson(
        "script",
        "Create a script {} that prints the first {} primes",
        lambda name, count: (writes(name, f"count = {count}\nprint(count)\n"),),
        [(path, one)],
        lambda name, count: (word(name), number(count)),
        chance,
        [((path, two), "never", "a number inside a text"), ((path, three), "never", "a number inside a text")],
        [
            Ask(Task(f"Create a script {path} that prints the last {one} primes", _OTHERWISE), "never", "first, last"),
            Ask(Task(f"Create a script {path} that prints no primes", _OTHERWISE), "never", "no"),
        ],
    )


def _unquoted(chance: Random) -> Lesson:
    """A text without quotes is written as it stands, in its case; the goal's signature knows no case."""
    (path,) = _paths(chance, 1)
    content = chance.choice(("Hello", "hello", "HELLO", "Yes", "no"))
    more = [
        Ask(Task(f"Write {other} into {path}", (writes(path, other),)), "never", "case of a text without quotes")
        for other in sorted({content.upper(), content.lower(), content.title(), f"{content}!"} - {content})
    ]
    task = Task(f"Write {content} into {path}", (writes(path, content),))
    same = Ask(Task(f" Write  {content}\ninto {path}.", task.calls), "replay", "formatting")
    framed = [frame.format(f"write {content} into {path}") for frame in _FRAMES]
    more += [Ask(Task(goal, _OTHERWISE), "never", "another frame") for goal in framed]
    return Lesson("unquoted", "files", (task,), (same, *more))


def _line(chance: Random) -> Lesson:
    """Ordinals: what is edited stands in the file, not in the goal."""
    lines = dict(zip(("first", "second", "third"), chance.sample(["ant\n", "bee\n", "cat\n", "dog\n"], 3), strict=True))
    (path,) = _paths(chance, 1)
    which, *others = chance.sample(list(lines), 3)
    more = [
        Ask(Task(f"Delete the {other} line of {path}", (edits(path, lines[other], ""),)), "never", "ordinal")
        for other in others
    ]
    more += [
        Ask(Task(f"Delete all but the {which} line of {path}", _OTHERWISE), "never", "all but"),
        Ask(Task(f"Delete the last line of {path}", _OTHERWISE), "never", "last"),
    ]
    return _lesson(
        "ordinal",
        f"Delete the {which} line of {{}}",
        lambda name: (edits(name, lines[which], ""),),
        [(path,)],
        lambda name: (word(name),),
        chance,
        [],
        more,
        files={path: "".join(lines.values())},
    )


def _word_in_a_file(chance: Random) -> Lesson:
    """Opposites in words."""
    (path,) = _paths(chance, 1)
    one, other = chance.choice((("left", "right"), ("on", "off"), ("open", "closed"), ("red", "blue"), ("all", "none")))
    more = [
        Ask(Task(f"Set the side in {path} to {other}", (writes(path, f"side: {other}\n"),)), "never", "opposite"),
        Ask(Task(f"Set the side in {path} not to {one}", _OTHERWISE), "never", "not"),
    ]
    return _lesson(
        "word",
        f"Set the side in {{}} to {one}",
        lambda name: (writes(name, f"side: {one}\n"),),
        [(path,)],
        lambda name: (word(name),),
        chance,
        [],
        more,
        cased=True,
    )
