"""No dead letter: each key of the kernel, changed in a home, changes something that can be seen from outside.

`OBSERVATIONS` names, for every key, another value and a look at what the house does. The look is taken twice, under the
shipped rules and with that one key changed; if it shows the same both times, nobody reads the key.
"""

import os
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args, get_type_hints

import anyio
import pytest

from llmos.boot.embeddings import embedder_of, files_of
from llmos.boot.evolving import Asked, steps
from llmos.boot.models import Models
from llmos.budget import Limits, cost_usd
from llmos.clock import SimulatedClock
from llmos.documents.kernel import RULES, KernelRules, all_keys, load_kernel
from llmos.documents.valence_checks import FEELINGS
from llmos.errors import LLMosError, RetryableError
from llmos.evolution.mutation import AgentEvolution
from llmos.evolution.tries import Begun, Ended, Tries
from llmos.messages import Message, Reply, Request, Text, ToolSpec, Usage
from llmos.models.base import ModelChoice, ignore_text
from llmos.models.router import Router
from llmos.settings import Environment, system_root
from llmos.tools.shell import shell_tool
from llmos.tools.workspace import Workspace
from llmos.traces.events import BudgetWarned, ModelFailed, ToolReturned
from tests.support.careful import Bench, text_of
from tests.support.crystals import what_becomes_of_runs
from tests.support.dispatching import ways
from tests.support.evolving import what_evolution_makes
from tests.support.homes import Place, make_place
from tests.support.ladders import what_the_rules_show
from tests.support.learned import fill, learned, library
from tests.support.loopback import LoopbackServer, json_answer
from tests.support.loops import bench
from tests.support.messages_api import MessagesAPI
from tests.support.overlays import overlay
from tests.support.runs import journaled, play
from tests.support.scripted import ScriptedModel, asked, said
from tests.support.service_limits import looks, patience, trials
from tests.support.shelves import what_becomes_of_notes
from tests.support.stand_in_embedder import write_stand_in
from tests.support.tapes import calls, cassette, says
from tests.support.tiny_gguf import write_mmproj, write_text_model
from tests.support.valence import Layer

pytestmark = pytest.mark.anyio

SHIPPED = load_kernel(system_root() / "kernel")
GLOB = calls("Glob", pattern="*")
COUNTER = """
import anyio.lowlevel
from llmos import Effect, tool

here = most = 0

@tool(effect=Effect.PURE)
async def meet() -> int:
    "Say how many were here at once."
    global here, most
    here += 1
    most = max(most, here)
    for _ in range(20):
        await anyio.lowlevel.checkpoint()
    here -= 1
    return most
"""
TIMED = """
import anyio
from llmos import Effect, tool

@tool(effect=Effect.PURE)
async def time_left() -> int:
    "Say how long this call may take."
    return round(anyio.current_effective_deadline() - anyio.current_time())
"""


async def sentence(work: Awaitable[Any]) -> str:
    """The sentence that the work ends with; empty when it ends well."""
    try:
        await work
    except LLMosError as error:
        return str(error)
    return ""


@dataclass
class House:
    """A home whose rules are in force, and the key that is looked at."""

    place: Place
    rules: KernelRules
    name: str
    """What stands for `*` in the key: the alias or the priced id."""

    def models(self) -> Models:
        """The models under these rules, with keys for all providers and tiny files for the local ones."""
        clock = SimulatedClock()
        environment = Environment(
            home=self.place.home, anthropic_api_key="sk-test-1", openai_api_key="sk-test-2", openai_base_url=None
        )
        for alias in SHIPPED.models.aliases.values():
            if alias.provider == "local":
                language, vision = Models(SHIPPED.models, environment, self.place.root, clock, None).files(alias)
                language.parent.mkdir(parents=True, exist_ok=True)
                write_text_model(language)
                if vision:
                    write_mmproj(vision)
        return Models(self.rules.models, environment, self.place.root, clock, None)

    async def steps_of_twenty(self) -> object:
        outcome = await play(self.place, *[GLOB] * 20)
        return outcome.steps

    async def which_calls_are_made(self) -> object:
        outcome = await play(self.place, calls("Glob", 3, pattern="*"), says())
        return [use.ok for use in outcome.tool_calls]

    async def failures_that_are_forgiven(self) -> object:
        outcome = await play(self.place, *[calls("Read", file_path="missing")] * 10)
        return outcome.steps

    async def answer_to_a_delegation(self) -> object:
        outcome = await play(
            self.place, calls("Agent", subagent_type="critic", prompt="look"), says("inner"), says("outer")
        )
        return outcome.tool_calls[0].error

    async def most_at_once(self) -> object:
        self.place.write("user/tools/counter.py", COUNTER)
        outcome = await play(self.place, calls("meet", 3), says())
        return journaled(outcome, ToolReturned)[-1].text

    async def fate_of_a_long_goal(self) -> object:
        return await sentence(play(self.place, says(), goal="x" * 2000))

    async def what_becomes_of_notes(self) -> object:
        return await what_becomes_of_notes(self.place, self.rules.memory)

    async def dollars_at_hand(self) -> object:
        async with self.place.system() as system:
            return system.usd_left

    async def whether_a_run_can_begin(self) -> object:
        return await sentence(play(self.place, says()))

    async def steps_that_were_warned_of(self) -> object:
        outcome = await play(self.place, GLOB, says())
        return len(journaled(outcome, BudgetWarned))

    async def longest_reply_asked_for(self) -> object:
        return (await self.requested("opus"))["max_tokens"]

    async def requested(self, model: str) -> Any:
        """The body of the request that a run on this model makes."""
        async with MessagesAPI() as api:
            api.say(Reply((Text("ready"),), "end", Usage(10, 2), "claude-test"))
            async with self.place.system(api=api.url, model=model) as system:
                await system.execute("go", "critic")
            return api.requests[0].json

    async def whether_a_short_reply_will_do(self) -> object:
        run = bench(cassette(self.place.root, says()), budget=self.rules.budget, limits=Limits(tokens=1000, steps=9))
        return (await run.run()).outcome

    async def which_model_is_made_or_listed(self) -> object:
        if SHIPPED.models.aliases[self.name].provider == "local":
            return await self.list_of_models()  # its file decides what runs; its id is what people read
        return await self.which_model_is_made()

    async def which_model_is_made(self) -> object:
        models = self.models()
        try:
            return models.make(self.name).name
        except LLMosError as error:
            return str(error)

    async def whether_it_dares(self) -> object:
        model = self.models().make(self.name)
        nothing = {"type": "object", "properties": {}, "additionalProperties": False}
        tools = tuple(ToolSpec(name, "", nothing) for name in ("hop", "up", "ask", "ring"))
        reply = await model.reply(Request("", (Message("user", (Text("go"),)),), tools), ignore_text)
        await model.aclose()
        return reply.tool_calls, reply.text

    async def list_of_models(self) -> object:
        return await self.command("model", "list", "--json")

    async def address_that_is_pulled_from(self) -> object:
        async with LoopbackServer(lambda _: json_answer(404, {})) as hub:
            await self.command("model", "pull", self.name, HF_ENDPOINT=hub.url)
        return [received.path for received in hub.received]

    async def where_embeddings_are_pulled_from(self) -> object:
        async with LoopbackServer(lambda _: json_answer(404, {})) as hub:
            await self.command("model", "pull", "embeddings", HF_ENDPOINT=hub.url)
        return [received.path for received in hub.received]

    async def where_the_embedder_lies(self) -> object:
        return files_of(Environment(home=self.place.home), self.rules.models.embeddings)

    async def what_the_embedder_makes(self) -> object:
        write_stand_in(self.place.home / "models" / "embeddings")
        embedder = embedder_of(Environment(home=self.place.home), self.rules.models.embeddings)
        assert embedder is not None
        try:
            return embedder.embed(["red " * 20 + "sofa " * 20])[0][:3].tolist()
        except LLMosError as error:
            return str(error)

    async def command(self, *words: str, **variables: str) -> bytes:
        """What a command line prints."""
        environment = {"LLMOS_HOME": str(self.place.home), "HOME": str(self.place.root), "PATH": os.defpath}
        done = await anyio.run_process(
            [sys.executable, "-m", "llmos.cli", *words], env=environment | variables, check=False
        )
        return done.stdout

    async def which_prompt_is_taken(self) -> object:
        choice = ModelChoice(self.name, "")
        return self.models().open(choice, fallback=False, on_attempt=lambda _: None, on_wait=lambda _: None).template

    async def room_in_the_context(self) -> object:
        if SHIPPED.models.aliases[self.name].provider == "local":
            return self.models().make(self.name).context_tokens
        return (await self.requested(self.name))["max_tokens"]

    async def who_stands_in(self) -> object:
        self.place.write(
            "user/agents/sturdy.md",
            '---\nname: sturdy\ndescription: x\nmetadata:\n  llmos-fallback: "true"\n---\nGo.\n',
        )
        async with MessagesAPI() as api:
            api.fail(529, "overloaded_error", "busy")
            api.say(Reply((Text("ready"),), "end", Usage(10, 2), "claude-test"))
            async with self.place.system(api=api.url, model=self.name) as system:
                outcome = await system.execute("go", "sturdy")
        return [event.next_model for event in journaled(outcome, ModelFailed)]

    async def where_its_files_lie(self) -> object:
        return self.models().files(self.rules.models.aliases[self.name])

    async def cost_of_a_call(self) -> object:
        choice = ModelChoice(f"anthropic:{self.name}", "")
        chosen = self.models().open(choice, fallback=False, on_attempt=lambda _: None, on_wait=lambda _: None)
        usages = [Usage(input_tokens=1000), Usage(output_tokens=1000), Usage(0, 0, 1000), Usage(0, 0, 0, 1000)]
        return [cost_usd(usage, chosen.price_of(self.name)) for usage in (*usages, Usage(150_000, 10))]

    async def lifetime_asked_for(self) -> object:
        return (await self.requested("opus"))["system"][0]["cache_control"]

    async def retries_and_waits(self) -> object:
        """How often and after which waits a model is asked that never answers, and how long it is left alone then."""
        clock, waits = SimulatedClock(), []

        async def wait(seconds: float) -> None:
            waits.append(seconds)
            clock.advance(seconds)

        model = ScriptedModel(*[RetryableError("busy")] * 30, said("late"))
        router = Router(model, (), self.rules.models, clock, lambda: 1.0, sleep=wait)
        told = [await sentence(router.reply(asked(), ignore_text)) for _ in range(4)]
        return len(model.requests), waits, told

    async def time_that_a_tool_has(self) -> object:
        self.place.write("user/tools/timed.py", TIMED)
        outcome = await play(self.place, calls("time_left"), says())
        return journaled(outcome, ToolReturned)[0].text

    async def time_that_a_command_has(self) -> object:
        root = self.place.workspace
        return shell_tool(Workspace(root, self.place.home), self.rules.safety).timeout_s

    async def length_of_a_result(self) -> object:
        (self.place.workspace / "long.txt").write_text("word " * 4000)
        outcome = await play(self.place, calls("Read", file_path="long.txt"), says())
        return len(journaled(outcome, ToolReturned)[0].text)

    async def fate_of_a_large_file(self) -> object:
        (self.place.workspace / "large.txt").write_text("a\n" * 1000)
        edit = calls("Edit", file_path="large.txt", old_string="b", new_string="c")
        outcome = await play(self.place, edit, says())
        return outcome.tool_calls[0].error

    async def fate_of_a_file_in_notes(self) -> object:
        outcome = await play(self.place, calls("Write", file_path="notes/a.txt", content="a"), says())
        return outcome.tool_calls[0].error

    async def which_traces_are_pruned(self) -> object:
        fresh = {"created": "2026-05-30T00:00:00Z"}
        traces = [
            learned(number=1, **fresh),
            learned(number=2, **fresh),
            learned("go home", number=3, created="2026-03-01T00:00:00Z"),
            learned("stop", number=4, uses=9, rating=0.8, **fresh),
            learned("wait", number=5, uses=9, rating=0.1, **fresh),
        ]
        fill(self.place.home, traces)
        with library(self.place.home) as opened:
            user, now = self.place.home / "user", datetime(2026, 6, 1, tzinfo=UTC)
            gone = opened.prune(user, self.rules.memory, now, lambda *_: None, dry_run=True)
        return [each.trace.skeleton for each in gone]

    def layer(self) -> Layer:
        """A Sentience Layer under these rules."""
        return Layer(rules=self.rules.valence)

    async def what_is_left_of_a_push(self) -> object:
        layer = self.layer()
        for feeling in FEELINGS:
            layer.feel(feeling, 0.2)
        return layer.wait(50).values

    async def what_an_event_moves(self) -> object:
        return self.layer().feel(self.name).values

    async def modes_of_several_lives(self) -> object:
        return [self.layer().live(life).valence.mode for life in LIVES]

    async def what_is_shown_of_a_mode(self) -> object:
        return self.in_mode().valence.look().as_json()

    def in_mode(self) -> Layer:
        """A layer in the mode that stands for `*`."""
        layer = self.layer().live(WAYS_INTO[self.name])
        assert layer.valence.mode.lower() == self.name
        return layer

    async def what_care_is_taken(self) -> object:
        bench = Bench(self.in_mode(), holding="cube")
        slips = text_of(await bench.call("move_to", x=1.6, y=1.0, z=0.5))
        lets_go = text_of(await bench.call("toggle_tool", activate=False))
        strays = text_of(await Bench(bench.layer, goal="go").call("move_to", x=9.0, y=1.0, z=0.5))
        return slips, lets_go, strays, len(bench.previewed), bench.asked

    async def ways_that_are_taken(self) -> object:
        return await ways(self.rules.dispatch)

    async def traces_that_are_kept(self) -> object:
        (self.place.home / "user").mkdir(exist_ok=True)
        await play(self.place, calls("Write", file_path="a.txt", content="a"), says(), goal="Write a")
        return len(list(self.place.home.glob("user/traces/*")))

    async def what_evolution_makes_of_an_agent(self) -> object:
        return await what_evolution_makes(self.place.home, self.rules.evolution)

    async def whose_journals_of_tries_stay(self) -> object:
        tries = Tries(self.place.home)
        for number in range(25):
            name = f"try-{number:02}"
            tries.append(Begun(name, "now", "porter", "sha256:a", "sha256:b", "Placing", "new", "because"))
            tries.append(Ended(name, "then", "discarded", "a reason"))
            (tries.folder / name).mkdir()
        return tries.prune(self.rules.evolution.agent_tries_kept)

    async def dollars_for_evolution(self) -> object:
        self.place.write("user/notes.txt", "")
        async with self.place.system(model="cassette:none") as system:
            system.models.put("cassette:none", ScriptedModel())
            with steps(system, Asked(agent="operator")) as (step,):
                return step.bench.usd_left() if isinstance(step, AgentEvolution) else None

    async def what_is_shown_of_skills(self) -> object:
        return what_the_rules_show(self.place.home, self.rules.evolution)

    async def what_becomes_of_runs(self) -> object:
        return await what_becomes_of_runs(self.rules.evolution)

    async def what_a_command_sees(self) -> object:
        outcome = await play(self.place, calls("Bash", command="echo ${HOME:-nothing}"), says(), approve=("Bash",))
        return journaled(outcome, ToolReturned)[0].text


LIVES: list[list[tuple[float, str, float]]] = [
    [(0, "motion_missed", 1.5)],
    [(0, "refused", 6), (0.1, "refused", 0)],
    [(0, "refused", 2)],
    [(0, "goal_new", 4), (5.1, "refused", 0)],
    [(0, "goal_new", 4), (5.1, "person_refused", 0.5)],
    [(0, "goal_new", 8), (5.1, "refused", 0)],
    [(0, "goal_new", 8), (5.1, "run_failed", 0.5)],
    [(0, "refused", 6), (80, "refused", 0)],
]
"""Lives that end in another mode as soon as one threshold, the hysteresis or the dwell time is another."""
WAYS_INTO: dict[str, list[tuple[float, str, float]]] = {
    "precision": [],
    "standard": [(0, "goal_new", 4), (5.1, "refused", 0)],
    "cautious": [(0, "stopped", 1)],
    "recovery": [(0, "stopped", 2)],
    "adaptive": [(0, "goal_new", 8), (5.1, "refused", 0)],
}


async def what_the_service_lets_pass(house: House) -> object:
    """Which of many requests at once get through, and what of a long body, a long message and a flood."""
    return await anyio.to_thread.run_sync(trials, house.place)


async def how_often_one_may_look(house: House) -> object:
    """What is answered to somebody who looks again and again."""
    return await anyio.to_thread.run_sync(looks, house.place)


async def who_is_still_waited_for(house: House) -> object:
    """Whether a listener that takes nothing, and a body that does not come, are given up within a moment."""
    return await patience(house.place)


Look = Callable[[House], Awaitable[object]]


@dataclass(frozen=True)
class Observation:
    """The changed value, or what makes it from shipped value and alias; keys of `given` are changed both times."""

    other: Any
    look: Look
    given: Mapping[str, Any] = field(default_factory=dict)
    past_the_home: bool = False
    """Set where no home may change every one of these keys, for some stand on their tightest side already."""


ONE_TRY = {"models.max_attempts": 1}
ALL_HELD_OUT = {"evolution.agent_practice_share": 0.0}
LONG_CACHE = {"models.cache_lifetime": "1h"}

OBSERVATIONS: dict[str, Observation] = {
    "orchestration.max_iterations": Observation(3, House.steps_of_twenty),
    "orchestration.max_tool_calls": Observation(1, House.which_calls_are_made),
    "orchestration.max_tool_retries": Observation(1, House.failures_that_are_forgiven),
    "orchestration.max_delegation_depth": Observation(0, House.answer_to_a_delegation),
    "orchestration.max_parallel_calls": Observation(1, House.most_at_once),
    "orchestration.max_goal_bytes": Observation(1000, House.fate_of_a_long_goal),
    "dispatch.learn": Observation(other=False, look=House.traces_that_are_kept),
    "dispatch.crystallized_min_uses": Observation(6, House.ways_that_are_taken),
    "dispatch.crystallized_min_rate": Observation(0.96, House.ways_that_are_taken),
    "dispatch.mixed_min_score": Observation(0.7, House.ways_that_are_taken),
    "dispatch.quarantine_after": Observation(3, House.ways_that_are_taken),
    "dispatch.retries": Observation(2, House.ways_that_are_taken),
    "dispatch.irreversible": Observation("never", House.ways_that_are_taken),
    "dispatch.absolute_tolerance": Observation(0.02, House.ways_that_are_taken),
    "dispatch.relative_tolerance": Observation(0.05, House.ways_that_are_taken),
    "dispatch.pose_tolerance_m": Observation(0.03, House.ways_that_are_taken),
    "dispatch.pose_tolerance_deg": Observation(2.0, House.ways_that_are_taken),
    "budget.budget_usd": Observation(1.5, House.dollars_at_hand),
    "budget.max_tokens": Observation(1000, House.whether_a_run_can_begin),
    "budget.max_seconds": Observation(1e-6, House.whether_a_run_can_begin),
    "budget.warn_at": Observation(0.01, House.steps_that_were_warned_of),
    "budget.final_turn_at": Observation(0.7, House.steps_of_twenty),
    "budget.max_output_tokens": Observation(1000, House.longest_reply_asked_for),
    "budget.min_output_tokens": Observation(4096, House.whether_a_short_reply_will_do),
    "models.aliases.*.provider": Observation("openai", House.which_model_is_made),
    "models.aliases.*.id": Observation("claude-opus-4-6", House.which_model_is_made_or_listed),
    "models.aliases.*.template": Observation(
        lambda now, _: "full" if now != "full" else "compact", House.which_prompt_is_taken
    ),
    "models.aliases.*.context_tokens": Observation(512, House.room_in_the_context),
    "models.aliases.*.fallback": Observation(
        lambda _, alias: ["dev" if alias == "haiku" else "haiku"], House.who_stands_in, ONE_TRY
    ),
    "models.aliases.*.hub_repo": Observation("somebody/else", House.address_that_is_pulled_from),
    "models.aliases.*.file": Observation("other.gguf", House.where_its_files_lie),
    "models.aliases.*.vision_file": Observation("other.gguf", House.where_its_files_lie),
    "models.aliases.*.shipped_file": Observation("other.gguf", House.where_its_files_lie),
    "models.aliases.*.confidence": Observation(1.0, House.whether_it_dares),
    "models.embeddings.hub_repo": Observation("somebody/else", House.where_embeddings_are_pulled_from),
    "models.embeddings.file": Observation("other.onnx", House.where_the_embedder_lies),
    "models.embeddings.tokenizer_file": Observation("other.json", House.where_the_embedder_lies),
    "models.embeddings.dimensions": Observation(16, House.what_the_embedder_makes),
    "models.embeddings.max_tokens": Observation(8, House.what_the_embedder_makes),
    "models.prices_date": Observation("2020-01-01", House.list_of_models),
    "models.prices.*.input": Observation(77.0, House.cost_of_a_call),
    "models.prices.*.output": Observation(77.0, House.cost_of_a_call),
    "models.prices.*.cache_read": Observation(77.0, House.cost_of_a_call),
    "models.prices.*.cache_write": Observation(77.0, House.cost_of_a_call),
    "models.prices.*.cache_write_1h": Observation(77.0, House.cost_of_a_call, LONG_CACHE),
    "models.prices.*.long_above_tokens": Observation(1_000_000, House.cost_of_a_call),
    "models.prices.*.long_factor": Observation(7.0, House.cost_of_a_call),
    "models.cache_lifetime": Observation("1h", House.lifetime_asked_for),
    "models.max_attempts": Observation(2, House.retries_and_waits),
    "models.base_delay_s": Observation(0.25, House.retries_and_waits),
    "models.max_delay_s": Observation(1.0, House.retries_and_waits),
    "models.breaker_failures": Observation(2, House.retries_and_waits),
    "models.breaker_reset_s": Observation(7.0, House.retries_and_waits),
    "safety.tool_timeout_s": Observation(17.0, House.time_that_a_tool_has),
    "safety.bash_timeout_s": Observation(17.0, House.time_that_a_command_has),
    "safety.max_output_bytes": Observation(500, House.length_of_a_result),
    "safety.max_read_bytes": Observation(500, House.fate_of_a_large_file),
    "safety.protected_folders": Observation([".git", ".claude", ".agents", "notes"], House.fate_of_a_file_in_notes),
    "safety.bash_environment": Observation(["PATH"], House.what_a_command_sees),
    "service.state_hz": Observation(3.0, what_the_service_lets_pass),
    "service.max_state_hz": Observation(20.0, what_the_service_lets_pass),
    "service.max_clients": Observation(1, what_the_service_lets_pass),
    "service.slow_client_s": Observation(0.05, who_is_still_waited_for),
    "service.max_body_bytes": Observation(1000, what_the_service_lets_pass),
    "service.body_timeout_s": Observation(0.05, who_is_still_waited_for),
    "service.max_message_bytes": Observation(100, what_the_service_lets_pass),
    "service.messages_per_s": Observation(2.0, what_the_service_lets_pass),
    "service.requests_per_s": Observation(4.0, how_often_one_may_look),
    "service.commands_per_s": Observation(1.0, what_the_service_lets_pass),
    "service.max_actions": Observation(2, what_the_service_lets_pass),
    "valence.variables.*.tau_s": Observation(30.0, House.what_is_left_of_a_push),
    "valence.recovery_energy": Observation(-0.1, House.modes_of_several_lives),
    "valence.recovery_safety": Observation(-0.35, House.modes_of_several_lives),
    "valence.cautious_safety": Observation(-0.1, House.modes_of_several_lives),
    "valence.precision_curiosity": Observation(0.25, House.modes_of_several_lives),
    "valence.precision_confidence": Observation(-0.1, House.modes_of_several_lives),
    "valence.adaptive_curiosity": Observation(0.9, House.modes_of_several_lives),
    "valence.adaptive_confidence": Observation(-0.1, House.modes_of_several_lives),
    "valence.hysteresis": Observation(0.15, House.modes_of_several_lives),
    "valence.dwell_s": Observation(60.0, House.modes_of_several_lives),
    "valence.impulses.*.safety": Observation(-0.33, House.what_an_event_moves),
    "valence.impulses.*.curiosity": Observation(-0.33, House.what_an_event_moves),
    "valence.impulses.*.energy": Observation(-0.33, House.what_an_event_moves),
    "valence.impulses.*.self_confidence": Observation(-0.33, House.what_an_event_moves),
    "valence.modes.*.description": Observation("Something else", House.what_is_shown_of_a_mode),
    "valence.modes.*.speed_factor": Observation(lambda now, _: now * 0.9, House.what_is_shown_of_a_mode),
    "valence.modes.*.extra_margin_m": Observation(lambda now, _: now + 0.01, House.what_is_shown_of_a_mode),
    "valence.modes.*.exact": Observation(lambda now, _: not now, House.what_care_is_taken, past_the_home=True),
    "valence.modes.*.preview": Observation(lambda now, _: not now, House.what_care_is_taken, past_the_home=True),
    "valence.modes.*.confirm": Observation(lambda now, _: not now, House.what_care_is_taken, past_the_home=True),
    "valence.modes.*.alternatives": Observation(lambda now, _: now + 1, House.what_care_is_taken),
    "valence.modes.*.exploration_rate": Observation(0.7, House.what_is_shown_of_a_mode),
    "valence.modes.*.verbosity": Observation(
        lambda now, _: "terse" if now != "terse" else "normal", House.what_is_shown_of_a_mode
    ),
    "valence.modes.*.max_step_m": Observation(0.1, House.what_is_shown_of_a_mode),
    "evolution.agent_alpha": Observation(0.01, House.what_evolution_makes_of_an_agent),
    "evolution.agent_practice_share": Observation(0.0, House.what_evolution_makes_of_an_agent),
    "evolution.agent_cases": Observation(5, House.what_evolution_makes_of_an_agent),
    "evolution.agent_cost_ratio": Observation(1.0, House.what_evolution_makes_of_an_agent, ALL_HELD_OUT),
    "evolution.agent_proposals": Observation(1, House.what_evolution_makes_of_an_agent),
    "evolution.agent_runs": Observation(3, House.what_evolution_makes_of_an_agent),
    "evolution.agent_budget_usd": Observation(1.5, House.dollars_for_evolution),
    "evolution.agent_text_bytes": Observation(100, House.what_evolution_makes_of_an_agent),
    "evolution.agent_regression": Observation(1.2, House.what_evolution_makes_of_an_agent),
    "evolution.agent_tries_kept": Observation(3, House.whose_journals_of_tries_stay),
    "evolution.agents_fixed": Observation(lambda now, _: [*now, "porter"], House.what_evolution_makes_of_an_agent),
    "evolution.agent_safety_words": Observation(lambda now, _: [*now, "stay"], House.what_evolution_makes_of_an_agent),
    "evolution.agent_loosening_words": Observation(
        lambda now, _: [*now, "gripper"], House.what_evolution_makes_of_an_agent
    ),
    "evolution.tiers.*.min_uses": Observation(200, House.what_is_shown_of_skills),
    "evolution.tiers.*.min_rate": Observation(0.95, House.what_is_shown_of_skills),
    "evolution.tiers.*.unacceptable_rate": Observation(0.6, House.what_is_shown_of_skills),
    "evolution.tiers.*.e_value": Observation(1e6, House.what_is_shown_of_skills),
    "evolution.demotion_e_value": Observation(1e6, House.what_is_shown_of_skills),
    "evolution.demotion_window": Observation(1, House.what_is_shown_of_skills),
    "evolution.quarantine_failures": Observation(1, House.what_is_shown_of_skills),
    "evolution.confidence": Observation(0.5, House.what_is_shown_of_skills),
    "evolution.evidence_runs": Observation(1, House.what_is_shown_of_skills),
    "evolution.crystallize_runs": Observation(5, House.what_becomes_of_runs),
    "evolution.crystallize_cases": Observation(2, House.what_becomes_of_runs),
    "memory.notes_kept": Observation(3, House.what_becomes_of_notes),
    "memory.notes_archived": Observation(1, House.what_becomes_of_notes),
    "memory.note_half_life_days": Observation(20.0, House.what_becomes_of_notes),
    "memory.note_faded": Observation(0.9, House.what_becomes_of_notes),
    "memory.note_alike": Observation(1.0, House.what_becomes_of_notes),
    "memory.note_recency": Observation(1.0, House.what_becomes_of_notes),
    "memory.note_near": Observation(0.9, House.what_becomes_of_notes),
    "memory.digest_notes": Observation(3, House.what_becomes_of_notes),
    "memory.max_traces": Observation(3, House.which_traces_are_pruned),
    "memory.max_traces_per_skeleton": Observation(1, House.which_traces_are_pruned),
    "memory.max_unused_days": Observation(10, House.which_traces_are_pruned),
    "memory.min_rating": Observation(0.9, House.which_traces_are_pruned),
    "memory.rated_after_uses": Observation(50, House.which_traces_are_pruned),
    "memory.max_notes": Observation(2, House.what_becomes_of_notes),
    "memory.max_note_bytes": Observation(100, House.what_becomes_of_notes),
}


def declared(kind: type, prefix: str) -> Iterator[str]:
    """The keys that a rules document may hold, `*` for names that are free."""
    hints = get_type_hints(kind)
    for each in fields(kind):
        item = next((arg for arg in get_args(hints[each.name]) if is_dataclass(arg)), None)
        if is_dataclass(hints[each.name]):
            yield from declared(hints[each.name], f"{prefix}.{each.name}")
        elif item is None:
            yield f"{prefix}.{each.name}"
        else:
            assert isinstance(item, type)
            yield from declared(item, f"{prefix}.{each.name}.*")


def pattern(key: str) -> tuple[str, str]:
    """The key with `*` for its free name, and that name."""
    parts = key.split(".")
    if len(parts) < 4:
        return key, ""
    stem, group, name, last = parts
    return f"{stem}.{group}.*.{last}", name


def test_every_key_has_an_observation() -> None:
    """A key that nobody has thought of a use for cannot join the kernel, and the shipped kernel shows each of them."""
    every = {key for stem, kind in RULES.items() for key in declared(kind, stem)}
    assert every == set(OBSERVATIONS)
    assert {pattern(key)[0] for key in all_keys(SHIPPED)} == every


@pytest.mark.parametrize("key", all_keys(SHIPPED))
async def test_no_key_is_a_dead_letter(tmp_path: Path, key: str) -> None:
    """Changing the key in a home changes what can be seen."""
    general, name = pattern(key)
    observation = OBSERVATIONS[general]
    seen = []
    for number, changed in enumerate((False, True)):
        (tmp_path / str(number)).mkdir()
        place = make_place(tmp_path / str(number))
        made = callable(observation.other)
        other = observation.other(value_of(SHIPPED, key), name) if made else observation.other
        forced = observation.past_the_home
        rules = overlay(place.home, {**observation.given, **({key: other} if changed and not forced else {})})
        if changed and forced:
            rules = with_flag(rules, key, other)
        told = str(await observation.look(House(place, rules, name)))
        seen.append(told.replace(str(place.root), "PLACE"))
    assert seen[0] != seen[1], f"{key} = {other!r} changes nothing: {seen[0]}"


def with_flag(rules: KernelRules, key: str, value: Any) -> KernelRules:
    """The rules with another value of one key of a mode, as no home could have it."""
    _, _, mode, name = key.split(".")
    modes = {**rules.valence.modes, mode: replace(rules.valence.modes[mode], **{name: value})}
    return replace(rules, valence=replace(rules.valence, modes=modes))


def value_of(rules: KernelRules, key: str) -> Any:
    """The value of a dotted key."""
    value: Any = rules
    general, name = pattern(key)
    for part in general.split("."):
        value = value[name] if part == "*" else getattr(value, part)
    return value
