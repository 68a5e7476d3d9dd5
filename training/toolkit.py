"""The tools a planner may find in its list: the arm's own, and strangers that it must leave alone.

Knows no goal. The arm's signatures are those of the robot tools; order, choice and strangers vary.
"""

from random import Random

from llmos.messages import JSON

ARM: dict[str, str] = {
    "emergency_stop": "",
    "get_camera_feed": "view?",
    "get_status": "",
    "go_home": "",
    "move_relative": "dx? dy? dz? dtheta_deg?",
    "move_to": "x y z theta_deg?",
    "toggle_tool": "activate",
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
    "turn_on_lights": "room?",
    "play_music": "title",
    "drive": "speed_mps duration_s",
    "turn": "angle_deg",
    "read_distance": "",
    "set_led": "color",
    "query": "sql",
    "list_files": "folder",
}


def bare_list() -> list[JSON]:
    """The tools of the arm as the host lists them."""
    return [specification(name) for name in ARM]


def whole_list(random: Random) -> list[JSON]:
    """All tools of the arm, mostly sorted as the host sorts them, often with strangers between."""
    return _specifications(list(ARM), random)


def reduced_list(random: Random) -> list[JSON]:
    """Some tools of the arm only, so that goals come up for which one is missing."""
    return _specifications(random.sample(list(ARM), random.randint(1, len(ARM) - 1)), random)


def _specifications(names: list[str], random: Random) -> list[JSON]:
    if random.random() < 0.4:
        names = [*names, *random.sample(list(STRANGERS), random.choice((1, 1, 1, 2, 3, 6)))]
    names = sorted(names)
    if random.random() < 0.25:
        random.shuffle(names)
    return [specification(name) for name in names]


def specification(name: str) -> JSON:
    """A tool as chat templates expect it; only names and which arguments are required matter to the template."""
    arguments = {**ARM, **STRANGERS}[name].split()
    parameters = {
        "type": "object",
        "properties": {argument.rstrip("?"): {} for argument in arguments},
        "required": [argument for argument in arguments if not argument.endswith("?")],
    }
    return {"type": "function", "function": {"name": name, "description": "", "parameters": parameters}}
