"""Every decision of a run is told with what it rests on, and nothing that it does not rest on."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import structs

from llmos.documents.document import Document, hash_of
from llmos.messages import JSON, Effect, Message, Reply, Text, ToolCall, ToolResult, ToolSpec, Usage
from llmos.traces.basis import Basis
from llmos.traces.events import (
    BudgetWarned,
    DocumentBroken,
    DocumentRef,
    Entry,
    Event,
    GateVerdict,
    LeadEnded,
    MessageAdded,
    ModelFailed,
    ModelReplied,
    MotionMeasured,
    PermissionDecided,
    PromptSet,
    RunLimits,
    SafetyAssessed,
    ToolCalled,
    ToolReturned,
)
from llmos.traces.sources import read_sources
from llmos.traces.why import Decision, decisions
from tests.support.journals import finished, started

AGENT = """---
name: operator
tools: move_to, toggle_tool
max_turns: 7
metadata:
  llmos-budget-usd: "0.5"
---

You drive an arm.

1. If the goal names a position, use exactly those numbers.
2. Close the gripper with `toggle_tool`, and check that it holds something.
"""
BUDGET = "---\nbudget_usd: 10.0\nmax_tokens: 2000\nwarn_at: 0.7\n---\n\nSpend little.\n"
ORCHESTRATION = "---\nmax_iterations: 15\nmax_tool_calls: 50\nmax_tool_retries: 3\n---\n"
DISPATCH = "---\nmixed_min_score: 0.6\n---\n\n3. **MIXED**: similar.\n4. **LEARNER**: a model plans each step.\n"
MODELS = "---\naliases:\n  pocket:\n    id: pocket\nmax_attempts: 3\n---\n"
VALENCE = "---\nmodes:\n  CAUTIOUS:\n    max_step_m: 0.1\n---\n\nAt rest it is PRECISION.\n"
ROBOT = "---\nname: arm\nposition_tolerance_m: 0.002\nzones:\n  desk: {radius_m: 1}\n---\n"
SCENE = "---\nname: bench\ncheck: {}\n---\n"
TRACE = "---\ngoal: Pick\n---\n\n1. `move_to` {}\n2. `toggle_tool` {}\n"
MOVE = ToolCall("c1", "move_to", {"x": 1.5, "y": 0.25})


class Told:
    """The decisions of a run of these events, whose documents lie in a folder."""

    def __init__(self, folder: Path, *events: Event, **start: object) -> None:
        self.folder = folder
        kinds = {"operator": "agent", "arm": "robot", "bench": "scene", "pick-abc": "trace"}
        texts = {"operator": AGENT, "budget": BUDGET, "orchestration": ORCHESTRATION, "dispatch": DISPATCH}
        texts |= {"models": MODELS, "valence": VALENCE, "arm": ROBOT, "bench": SCENE, "pick-abc": TRACE}
        refs = []
        for name, text in texts.items():
            path = folder / f"{name}.md"
            path.write_text(text, "utf-8")
            refs.append(DocumentRef(str(path), hash_of(text.encode()), "c0ffee", kinds.get(name, "kernel")))
        first = started("r", documents=tuple(refs), **{"goal": "Go to (1.5, 0.25)", **start})
        self.entries = [Entry(n, "2026-01-01T00:00:00.000Z", "r", each) for n, each in enumerate((first, *events), 1)]
        self.all = decisions(self.entries, read_sources(refs, lambda *_: None), keys_of)

    def one(self, kind: str) -> Decision:
        """The only decision of that kind."""
        [found] = [each for each in self.all if each.kind == kind]
        return found

    def rests_on(self, kind: str) -> list[str]:
        """`file:line: quote` of each basis with a place, else its words."""
        return [self._told(basis) for basis in self.one(kind).bases]

    def _told(self, basis: Basis) -> str:
        if basis.passage is None:
            return f"{basis.kind}: {basis.sentence}"
        name = Path(basis.passage.path).name
        return f"{basis.kind}: {name}:{basis.passage.line}: {basis.passage.quote}"


def keys_of(rule: str, reason: str, command: Mapping[str, JSON], profile: Document) -> Sequence[tuple[str, str]]:
    """Zones only; what is allowed rests on the name."""
    assert profile.keys["name"] == "arm"
    assert command.get("by") in (None, "agent:operator")
    return [("zones", "desk")] if rule == "zone" else [("name", "")] if not rule else []


def reply(
    *parts: Text | ToolCall, model: str = "pocket", step: int = 1, probability: float | None = None
) -> ModelReplied:
    """A reply of the model."""
    stop = "tools" if any(isinstance(part, ToolCall) for part in parts) else "end"
    said = Reply(parts, stop, Usage(1, 1), model, probability=probability)  # type: ignore[arg-type]
    return ModelReplied.of(step, said, 0.0, 0.1)


def said(text: str) -> MessageAdded:
    """A message of the house."""
    return MessageAdded.of(Message("user", (Text(text),)))


def called(call: ToolCall) -> ToolCalled:
    """The call is made."""
    return ToolCalled(step=1, call_id=call.id, tool=call.name, args=dict(call.args), effect=Effect.PURE)


def returned(call: ToolCall, text: str = "fine", *, ok: bool = True) -> ToolReturned:
    """The call has answered."""
    return ToolReturned.of(ToolResult(call.id, (Text(text),), is_error=not ok), call.name, 0.1, step=1)


def test_the_beginning_rests_on_its_documents(tmp_path: Path) -> None:
    """Who, how, on which model, with which tools, within which limits: each with its line."""
    tool = ToolSpec("move_to", "Move.", {}, Effect.PURE)
    limits = RunLimits(budget_usd=0.5, max_tokens=2000, max_seconds=60.0, max_steps=7, max_tool_calls=50)
    told = Told(
        tmp_path,
        PromptSet.of("", [tool]),
        mode_reason="nothing is known",
        model_reason="pocket: no key",
        robot="arm: simulated",
        scene="bench",
        limits=limits,
    )
    assert told.rests_on("goal") == ["person: whoever started the run gave it"]
    assert told.rests_on("agent") == ["agent: operator.md:2: name: operator"]
    assert (told.one("mode").what, told.one("mode").why) == ("LEARNER", "nothing is known")
    assert told.rests_on("mode") == ["rule: dispatch.md:6: 4. **LEARNER**: a model plans each step."]
    assert told.rests_on("model") == ["rule: models.md:4: id: pocket"]
    assert told.rests_on("robot") == ["robot: arm.md:2: name: arm", "scene: bench.md:2: name: bench"]
    assert told.rests_on("tools") == ["agent: operator.md:3: tools: move_to, toggle_tool"]
    assert told.rests_on("limits") == [
        'agent: operator.md:6: llmos-budget-usd: "0.5"',
        "rule: budget.md:3: max_tokens: 2000",
        "person: max_seconds 60: given on the command line, or what its caller's purse had left",
        "agent: operator.md:4: max_turns: 7",
        "rule: orchestration.md:3: max_tool_calls: 50",
    ]


def test_what_a_person_asked_for_rests_on_the_person(tmp_path: Path) -> None:
    """Flags are no line of a document; a delegated run names its caller."""
    told = Told(tmp_path, mode="ORCHESTRATOR", mode_reason="--mode asks for it", model_reason="x: --model says so")
    assert told.rests_on("mode") == ["person: gave --mode"]
    assert told.rests_on("model") == ["person: gave --model"]
    assert Told(tmp_path, parent="p1").rests_on("goal") == ["run: llmos why p1"]


def test_a_similar_trace_is_named_with_its_threshold(tmp_path: Path) -> None:
    """MIXED rests on the rule, on its key, and on the trace."""
    assert Told(tmp_path, mode="MIXED").rests_on("mode") == [
        "rule: dispatch.md:5: 3. **MIXED**: similar.",
        "rule: dispatch.md:2: mixed_min_score: 0.6",
        "trace: pick-abc.md:2: goal: Pick",
    ]


def test_a_skill_that_leads_is_named_with_its_thresholds(tmp_path: Path) -> None:
    """CRYSTALLIZED rests on the skill that its reason names, and on no other that is open."""
    refs = []
    for name in ("wave", "other"):
        path = tmp_path / name / "SKILL.md"
        path.parent.mkdir()
        path.write_text(f"---\nname: {name}\n---\n", "utf-8")
        refs.append(DocumentRef(str(path), hash_of(path.read_bytes()), None, "skill"))
    reason = "the skill wave was made for such goals"
    first = started("r", mode="CRYSTALLIZED", mode_reason=reason, documents=tuple(refs))
    made = decisions([Entry(1, "", "r", first)], read_sources(refs, lambda *_: None), keys_of)
    [basis] = next(each.bases for each in made if each.kind == "mode")
    assert basis.passage is not None
    assert (basis.kind, basis.passage.quote) == ("skill", "name: wave")


def test_a_models_call_is_given_the_nearest_sentence_that_it_was_shown(tmp_path: Path) -> None:
    """And the numbers of the goal; a sentence that stood in no prompt is not put forward."""
    events = (said("Go to (1.5, 0.25)"), reply(MOVE), called(MOVE))
    told = Told(tmp_path, PromptSet.of(AGENT, []), *events)
    assert told.rests_on("call") == [
        "goal: x=1.5, y=0.25: as the goal has them",
        "model: no sentence that it was shown shares a telling word with this",
    ]
    grip = ToolCall("c2", "toggle_tool", {"activate": True})
    shown = Told(tmp_path, PromptSet.of(AGENT, []), reply(Text("I close it."), grip), called(grip))
    [basis] = shown.one("call").bases
    assert (basis.kind, basis.passage and basis.passage.line) == ("nearest sentence", 12)
    assert basis.sentence.startswith("shares toggle_tool")
    assert shown.one("said").what == "step 1, the model pocket: I close it."
    blind = Told(tmp_path, PromptSet.of("", []), reply(grip), called(grip))
    assert blind.rests_on("call") == ["model: it was shown no sentence of agent or skills: tools, goal and state only"]


def test_how_sure_the_model_was_is_told_where_it_was_measured(tmp_path: Path) -> None:
    """Of a call and of an answer, and of neither where nobody asked."""
    sure = Told(tmp_path, reply(MOVE, probability=0.974), called(MOVE), reply(Text("so"), probability=0.3, step=2))
    assert sure.one("call").why == "the model was 0.97 sure"
    assert sure.one("answer").why == "it claims: done; the model was 0.30 sure"
    silent = Told(tmp_path, reply(MOVE), called(MOVE), reply(Text("so"), step=2))
    assert (silent.one("call").why, silent.one("answer").why) == ("", "it claims: done")


def test_a_skill_that_the_run_opened_is_quoted_from_the_journal(tmp_path: Path) -> None:
    """Its text stands in the answer of the tool Skill; the line is that of the journal."""
    skill = ToolCall("c1", "Skill", {"skill": "wave"})
    wave = ToolCall("c2", "wave_hand", {})
    opened = returned(skill, '<skill_content name="wave">\nUse `wave_hand` twice.\nThen rest.\n</skill_content>')
    told = Told(tmp_path, reply(skill), called(skill), opened, reply(wave, step=2), called(wave))
    [_, basis] = [basis for each in told.all if each.kind == "call" for basis in each.bases]
    assert basis.passage is not None
    assert (basis.passage.path, basis.passage.line, basis.passage.quote) == ("journal", 4, "Use `wave_hand` twice.")


def test_a_replayed_step_rests_on_its_line_of_the_trace(tmp_path: Path) -> None:
    """Line by line, and again from the top where a program goes around; a lead that left is told."""
    grip, again = ToolCall("c2", "toggle_tool", {}), ToolCall("c3", "move_to", {})
    events: list[Event] = [said("Go to (1.5, 0.25)")]
    for step, call in enumerate((MOVE, grip, again), 1):
        events += [reply(call, model="trace:abc", step=step), called(call), returned(call)]
    told = Told(tmp_path, *events, said("The trace leads no further."), mode="FOLLOWER")
    rests = [told._told(basis) for each in told.all if each.kind == "call" for basis in each.bases]
    assert rests == [
        "trace: pick-abc.md:5: 1. `move_to` {}",
        "trace: pick-abc.md:6: 2. `toggle_tool` {}",
        "trace: pick-abc.md:5: 1. `move_to` {}",
    ]
    assert told.one("model").what == "local:pocket.gguf, which was never asked"
    assert told.one("told").what == "the house told the model: The trace leads no further."
    own = ToolCall("call-1-line-6", "toggle_tool", {})
    [skill] = Told(tmp_path, reply(own, model="trace:abc"), called(own)).one("call").bases
    assert skill.passage is not None
    assert skill.passage.line == 6
    lost = Told(tmp_path, reply(MOVE, model="skill:gone"), called(MOVE))
    assert lost.rests_on("call") == ["skill: skill:gone, which the journal names no document of"]


def test_a_step_that_is_tried_again_rests_on_the_same_line(tmp_path: Path) -> None:
    """It is no other step of the trace."""
    tries = [ToolCall(f"step-{step}-{number}", tool, {}) for step, number, tool in
             ((1, 1, "move_to"), (1, 2, "move_to"), (2, 1, "toggle_tool"), (2, 2, "toggle_tool"))]  # fmt: skip
    events: list[Event] = [each for call in tries for each in (reply(call, model="trace:abc"), called(call))]
    told = Told(tmp_path, *events, mode="FOLLOWER")
    lines = [basis.passage.line for each in told.all if each.kind == "call" for basis in each.bases if basis.passage]
    assert lines == [5, 5, 6, 6]


def test_the_gate_and_the_measured_motion_stand_below_the_call(tmp_path: Path) -> None:
    """A refusal with reason and suggestion, on the zone's line; a motion with what was measured and commanded."""
    refused = GateVerdict(command={"verb": "move_to"}, allowed=False, rule="zone", reason="too near", suggestion="wait")
    told = Told(tmp_path, reply(MOVE), called(MOVE), refused, returned(MOVE, "no", ok=False))
    gate = told.one("gate")
    assert (gate.what, gate.why) == ("refused: move_to {}", "zone: too near; wait")
    assert (gate.allowed, gate.inner) == (False, True)
    assert told.rests_on("gate") == ["robot: arm.md:5: desk: {radius_m: 1}"]
    assert (told.one("result").what, told.one("result").allowed) == ("move_to failed: no", False)
    moved = MotionMeasured(
        command={"verb": "move_to"},
        commanded={"x": 1.5, "gripper_closed": True},
        measured={"x": 1.49, "holding": "cube", "speed_mps": 0.0, "gripper_closed": True},
        reached=False,
        halted="zone",
    )
    motion = Told(tmp_path, moved).one("motion")
    assert motion.what == "measured x 1.49, gripper_closed yes, holding cube; commanded x 1.5, gripper_closed yes"
    assert motion.why == "not reached, halted by zone"
    near = MotionMeasured(command={}, reached=True)
    assert Told(tmp_path, near).rests_on("motion") == ["robot: arm.md:3: position_tolerance_m: 0.002"]


def test_a_mood_that_tightened_a_limit_is_a_rule(tmp_path: Path) -> None:
    """The mode that the reason names."""
    refused = GateVerdict(command={}, allowed=False, rule="step", reason="longer than max_step_m 0.1 (CAUTIOUS)")
    assert Told(tmp_path, refused).rests_on("gate") == ["rule: valence.md:3: CAUTIOUS:"]


def test_a_mood_that_a_model_was_told_rests_on_the_rule_that_names_it(tmp_path: Path) -> None:
    """Its limits where it has any, else the sentence; other words that the house says rest on no rule."""
    cautious = Told(tmp_path, said("[INTERNAL_STATE]\nmode=CAUTIOUS (slow)\n[/INTERNAL_STATE]"))
    assert cautious.rests_on("told") == ["rule: valence.md:3: CAUTIOUS:"]
    resting = Told(tmp_path, said("[INTERNAL_STATE]\nmode=PRECISION (exact)\n[/INTERNAL_STATE]"))
    assert resting.rests_on("told") == ["rule: valence.md:7: At rest it is PRECISION."]
    assert Told(tmp_path, said("The trace leads no further.")).rests_on("told") == []


def test_a_call_of_a_program_that_a_model_wrote_rests_on_its_line(tmp_path: Path) -> None:
    """The program stands in the journal, in the call that began it; a line that it does not have is none."""
    program = ToolCall("c1", "RunProgram", {"program": 'repeat 2\n  call move_to(x=1)\nend\ndone "there"'})
    first, second = (ToolCall(f"program-1-{n}-line-{line}", "move_to", {"x": 1}) for n, line in ((1, 2), (2, 9)))
    events = [reply(program), called(program), called(first), returned(first), called(second), returned(second)]
    told = Told(tmp_path, *events, returned(program))
    calls = [each for each in told.all if each.kind == "call"]
    assert [[told._told(basis) for basis in each.bases] for each in calls[1:]] == [
        ["program: journal:3: call move_to(x=1)"],
        [],
    ]


def test_what_another_agent_answered_rests_on_its_run(tmp_path: Path) -> None:
    """The way to what it did."""
    agent = ToolCall("c1", "Agent", {"subagent_type": "planner", "prompt": "Count"})
    answered = structs.replace(returned(agent, "four"), child="c9")
    assert Told(tmp_path, reply(agent), called(agent), answered).rests_on("result") == ["run: llmos why c9"]


def test_permissions_rest_on_the_pattern_or_the_person(tmp_path: Path) -> None:
    """What was asked, and who said what; the call is told first."""

    def permitted(by: str, rule: str = "", *, allowed: bool = True) -> Told:
        event = PermissionDecided(
            call_id="c1", tool="Bash", question="Bash wants ls", allowed=allowed, by=by, rule=rule
        )
        return Told(tmp_path, reply(ToolCall("c1", "Bash", {"command": "ls"})), event)

    assert [each.kind for each in permitted("pattern").all][-2:] == ["call", "permission"]
    assert permitted("pattern", "Bash(ls)").rests_on("permission") == ["pattern: --approve Bash(ls)"]
    assert permitted("person").rests_on("permission") == ["person: a person said yes"]
    assert permitted("person", allowed=False).rests_on("permission") == ["person: a person said no"]
    assert permitted("policy", allowed=False).one("permission").what == "refused: Bash wants ls"


def test_where_a_replay_led_no_further_is_told_with_the_reason(tmp_path: Path) -> None:
    """Also to a model that is shown no words, of which the journal then has none."""
    left = Told(tmp_path, LeadEnded("trace:abc", "before step 2 (Write), a.txt is gone")).one("lead")
    assert (left.what, left.why) == ("trace:abc led no further", "before step 2 (Write), a.txt is gone")


def test_warnings_and_failures_rest_on_their_rules(tmp_path: Path) -> None:
    """Budget, models that fail, documents that broke, those who watch."""
    warned = BudgetWarned(purse="steps", used=0.75, limit=1.0)
    assert Told(tmp_path, warned).rests_on("budget") == ["rule: budget.md:4: warn_at: 0.7"]
    assert Told(tmp_path, warned).one("budget").what == "warned that 75% of the steps are used"
    failed = Told(tmp_path, ModelFailed(model="m", reason="no answer", wait_s=1.0))
    assert failed.rests_on("failure") == ["rule: models.md:5: max_attempts: 3"]
    assert failed.one("failure").what == "m failed; asked again after 1.0 s"
    assert Told(tmp_path, ModelFailed(model="m", reason="x")).one("failure").what == "m failed; gave up"
    broken = Told(tmp_path, DocumentBroken(path="a.md", line=3, sentence="no such tool"))
    assert broken.rests_on("document") == ["document: a.md:3: "]
    veto = SafetyAssessed(phase="before", by="officer", verdict="veto", reason="no", change="wait", child="c9")
    watched = Told(tmp_path, veto)
    assert watched.rests_on("oversight") == ["run: llmos why c9"]
    assert (watched.one("oversight").why, watched.one("oversight").allowed) == ("no; wait", False)
    ruled = SafetyAssessed(phase="before", by="house", verdict="veto", reason="too near.", change="wait", rule="zone")
    looked = Told(tmp_path, ruled)
    assert looked.rests_on("oversight") == ["robot: arm.md:5: desk: {radius_m: 1}"]
    assert looked.one("oversight").why == "too near; wait"


def test_the_end_rests_on_what_decided_it(tmp_path: Path) -> None:
    """A budget on its limit, a stuck tool on its rule, a scene on its check, other robot work on the measurement."""
    limits = RunLimits(max_steps=15, budget_usd=10.0)

    def end(outcome: str, reason: str, **evidence: JSON) -> list[str]:
        return Told(tmp_path, finished(outcome, reason=reason, evidence=evidence), limits=limits).rests_on("end")

    assert end("budget", "The steps of this budget are used up.") == ["rule: orchestration.md:2: max_iterations: 15"]
    assert end("budget", "The next call may cost $1.00") == ["rule: budget.md:2: budget_usd: 10.0"]
    stuck = "The tool Read failed 4 times in a row, last with: no"
    assert end("failed", stuck) == ["rule: orchestration.md:4: max_tool_retries: 3"]
    assert end("done", "It lies there.", checks=[]) == ["scene: bench.md:3: check: {}"]
    assert end("done", "At (1, 2).", measured={"x": 1.0}) == ['measured: {"x":1.0}']
    assert end("done", "The agent says so.") == []
    assert end("refused", "the house vetoed this: no.", safety=[{"verdict": "veto"}]) == []


def test_a_journal_without_a_beginning_decided_nothing(tmp_path: Path) -> None:
    """There is nothing that it could rest on."""
    assert decisions([Entry(1, "", "r", finished())], [], keys_of) == []


def test_lines_count_in_the_journal(tmp_path: Path) -> None:
    """Each decision says at which line it stands."""
    told = Told(tmp_path, PromptSet.of("", []), finished())
    assert [(each.kind, each.line) for each in told.all][-2:] == [("tools", 2), ("end", 3)]
