"""The tools a planner may find in its list: the robot's own, and strangers that it must leave alone.

Knows no goal. The signatures are those of the robot tools; order, choice and strangers vary, and so do the names of the
verbs that only one robot has.
"""

from random import Random

from llmos.messages import JSON
from training.world import Kind, World

ARM: dict[str, str] = {
    "emergency_stop": "",
    "get_camera_feed": "view?",
    "get_status": "",
    "go_home": "",
    "move_relative": "dx? dy? dz? dtheta_deg?",
    "move_to": "x y z theta_deg?",
    "toggle_tool": "activate",
}
ROVER: dict[str, str] = {
    "emergency_stop": "",
    "get_camera_feed": "view?",
    "get_status": "",
    "go_home": "",
    "move_relative": "dx? dy? dtheta_deg?",
    "move_to": "x y theta_deg?",
}
STRANGERS: dict[str, str] = {
    "Read": "file_path offset? limit?",
    "Write": "file_path content",
    "Edit": "file_path old_string new_string replace_all?",
    "Glob": "pattern path?",
    "Grep": "pattern path? glob?",
    "Bash": "command timeout? description?",
    "Skill": "skill args?",
    "Agent": "subagent_type prompt description?",
    "Remember": "text",
    "Recall": "query limit?",
    "WebFetch": "url prompt",
    "hello_world": "name?",
    "calculate": "expression",
    "calibrate_sensors": "",
    "send_mail": "to subject body",
    "get_weather": "city",
    "query": "sql",
    "list_files": "folder",
    "take_off": "altitude_m",
    "land": "",
    "rearm": "",
    "follow_wall": "side",
    "undock": "",
    "tag_item": "name label",
    "get_torque": "joint?",
    "spawn_agent": "name prompt",
    "emergency_call": "number",
    "get_camera_list": "",
    "home_joints": "",
    "move_joint": "joint angle_deg",
    "set_speed": "speed_mps",
    "start_mission": "name",
    "say": "text",
    "ask_person": "question",
    "plan_path": "x y",
    "scan_barcode": "",
    "weigh": "name",
    "order_part": "part_no amount?",
    "gripper_force": "newtons",
    "lift_mast": "height_m",
    "get_battery": "",
    "snapshot": "folder?",
    "list_places": "",
}
SYLLABLES = ("cal", "do", "fil", "gra", "lin", "mo", "nor", "pul", "rin", "sca", "tor", "un", "ver", "zip")


def own_tools(kind: Kind) -> dict[str, str]:
    """What the robot tools offer on this kind of robot."""
    return ROVER if kind == "rover" else ARM


def bare_list(kind: Kind = "arm") -> list[JSON]:
    """The tools of the robot as the host lists them."""
    return [specification(name, text) for name, text in own_tools(kind).items()]


def whole_list(random: Random, world: World | None = None) -> list[JSON]:
    """All tools of the world's robot, an arm where none is named; mostly sorted, often with strangers between."""
    world = world or World()
    return _specifications({**own_tools(world.kind), **world.extras}, random)


def reduced_list(random: Random, world: World | None = None) -> list[JSON]:
    """Some tools of the robot only, so that goals come up for which one is missing, also one that only it has."""
    world = world or World()
    own = {**own_tools(world.kind), **world.extras}
    kept = random.sample(list(own_tools(world.kind)), random.randint(1, len(own_tools(world.kind)) - 1))
    kept += [name for name in world.extras if random.random() < 0.5]
    return _specifications({name: own[name] for name in kept}, random)


def _specifications(tools: dict[str, str], random: Random) -> list[JSON]:
    if random.random() < 0.4:
        strangers = random.sample(list(STRANGERS), random.choice((1, 1, 1, 2, 3, 6)))
        tools = {**{name: STRANGERS[name] for name in strangers}, **tools}
    if random.random() < 0.15:
        name = "_".join(
            "".join(random.sample(SYLLABLES, random.choice((1, 2)))) for _ in range(random.choice((1, 2, 2)))
        )
        tools = {name: random.choice(("", "value", "x y", "name?", "on")), **tools}
    names = sorted(tools)
    if random.random() < 0.3:
        random.shuffle(names)
    return [specification(name, tools[name]) for name in names]


def specification(name: str, signature: str | None = None) -> JSON:
    """A tool as chat templates expect it; only names and which arguments are required matter to the template.

    An arm's tool or a stranger brings its own signature.
    """
    arguments = ({**ARM, **STRANGERS}[name] if signature is None else signature).split()
    parameters = {
        "type": "object",
        "properties": {argument.rstrip("?"): {} for argument in arguments},
        "required": [argument for argument in arguments if not argument.endswith("?")],
    }
    return {"type": "function", "function": {"name": name, "description": "", "parameters": parameters}}
