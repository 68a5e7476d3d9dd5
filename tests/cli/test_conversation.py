"""A conversation: history, edits between lines, questions, Ctrl-C and Ctrl-D, at a real terminal and from a pipe."""

import os
from collections.abc import Mapping

from tests.support.command_line import CommandLine
from tests.support.tapes import WORKER, calls, says
from tests.support.terminals import CTRL_C, CTRL_D, Terminal

FAILED = {"reply": {"text": "no", "claim": "failed"}}


def at_terminal(llmos: CommandLine, *words: str) -> Terminal:
    """A command at a terminal, in the test's own home."""
    environment: Mapping[str, str] = dict(os.environ)
    return Terminal(*words, folder=llmos.place.workspace, environment=environment)


def test_a_conversation_keeps_its_history_and_takes_up_edits(llmos: CommandLine) -> None:
    """The second line knows the first, and runs under the document as it was saved in between."""
    llmos.place.write("user/agents/worker.md", f"{WORKER}You are the first.\n")
    tape = llmos.tape(
        {"expect": "You are the first.", "reply": {"text": "17 is my number."}},
        {"expect": "You are the second.", "reply": {"text": "It was 17."}},
    )
    with at_terminal(llmos, "agent", "run", "worker", "--model", tape) as terminal:
        terminal.until("worker> ")
        terminal.type("a number?\r")
        terminal.until("17 is my number.")
        terminal.until("worker> ")
        llmos.place.write("user/agents/worker.md", f"{WORKER}You are the second.\n")
        terminal.type("which one?\r")
        terminal.until("It was 17.")
        terminal.until("worker> ")
        terminal.type(CTRL_D)
        code, shown = terminal.ended()
    assert code == 0
    assert "Shut down after 2 runs: $0 spent, 0 tokens." in shown


def test_ctrl_c_ends_the_run_and_not_the_conversation(llmos: CommandLine) -> None:
    """At the prompt it clears the line; the next goal is answered as if nothing had been."""
    tape = llmos.tape(calls("Bash", command="sleep 600"), says("here again"))
    words = ("agent", "run", "worker", "--model", tape, "--approve", "Bash(sleep *)")
    with at_terminal(llmos, *words) as terminal:
        terminal.until("worker> ")
        terminal.type("not this")
        terminal.until("not this")
        terminal.insist(CTRL_C, "worker> ")
        terminal.type("sleep\r")
        terminal.until("allowed by pattern")
        terminal.type(CTRL_C)
        terminal.until("Ending the run; once more leaves at once.")
        terminal.until("interrupted: The run was interrupted; resume it to go on.")
        terminal.until("worker> ")
        terminal.type("and now?\r")
        terminal.until("here again")
        terminal.until("worker> ")
        terminal.type("exit\r")
        code, shown = terminal.ended()
    assert code == 0
    assert "Shut down after 2 runs" in shown


def test_a_permission_is_asked_for_and_a_cancelled_question_takes_no_line_away(llmos: CommandLine) -> None:
    """Yes lets one call happen, anything else does not; after Ctrl-C the next line is a goal, not an answer."""
    tape = llmos.tape(
        calls("Bash", command="echo one"),
        calls("Bash", command="echo two"),
        says("both asked"),
        calls("Bash", command="echo three"),
        says("after all"),
    )
    with at_terminal(llmos, "agent", "run", "worker", "--model", tape) as terminal:
        terminal.until("worker> ")
        terminal.type("go\r")
        terminal.until("Bash wants to run: echo one\nAllow this once? [y/N] ")
        terminal.type("yes\r")
        terminal.until("allowed by person: Bash wants to run: echo one")
        terminal.until("Allow this once? [y/N] ")
        terminal.type("\r")
        terminal.until("refused by person: Bash wants to run: echo two")
        terminal.until("both asked")
        terminal.until("worker> ")
        terminal.type("more\r")
        terminal.until("Allow this once? [y/N] ")
        terminal.type(CTRL_C)
        terminal.until("worker> ")
        terminal.type("y\r")
        terminal.until("after all")
        terminal.until("worker> ")
        terminal.type(CTRL_D)
        assert terminal.ended()[0] == 0


def test_an_agent_that_cannot_run_is_told_before_anybody_types(llmos: CommandLine) -> None:
    """No such agent, or no model for it: exit code 2, no prompt."""
    with at_terminal(llmos, "agent", "run", "wroker") as terminal:
        assert terminal.ended() == (2, "llmos: There is no agent 'wroker'; did you mean 'worker'?\n")
    with at_terminal(llmos, "shell") as terminal:
        code, shown = terminal.ended()
    assert code == 2
    assert shown.startswith("llmos: No model can serve the agent system: set ANTHROPIC_API_KEY")


def test_piped_lines_are_goals_and_the_worst_exit_code_counts(llmos: CommandLine) -> None:
    """A script of goals; a line that is no text ends nothing but itself."""
    model = llmos.tape(says("one"), FAILED, says("three"))
    said = llmos("shell", "--model", model, stdin=b"first\n\nsecond\n\xff\xfe\nthird\nbye\nnever\n")
    assert said.out == "one\nno\nthree\n"
    assert said.code == 2
    assert "llmos: The goal holds bytes that are not text at character 0; use UTF-8.\n" in said.err
    assert said.err.startswith("There is no terminal, so each line of the input is one goal.\n")
    assert said.last == "Shut down after 3 runs: $0 spent, 0 tokens."


def test_a_conversation_has_no_json(llmos: CommandLine) -> None:
    """One object cannot hold what has no end."""
    with at_terminal(llmos, "agent", "run", "worker", "--json") as terminal:
        code, shown = terminal.ended()
    assert code == 2
    assert shown == '{"error": "A conversation has no JSON; give a GOAL, or leave --json out."}\n'
