"""The demonstration's opening: created where the database is empty, with fresh links each start."""

from typing import Any

from . import demo
from .commands import Command
from .config import Settings
from .creating import Addresses, create_event, fresh_links
from .model.event_file import check_event
from .store import open_database, reading
from .writer import write_alone

_WORDS = {
    "participant": "Participant",
    "facilitator": "Facilitator ({room})",
    "lead": "Lead",
    "organiser": "Organiser",
    "projector": "Projector",
    "results": "Results",
}


def open_demo(settings: Settings) -> str:
    """The demonstration's links as lines to print; nothing where other events have been made."""

    def execute(command: Command) -> dict[str, Any]:
        return write_alone(settings.database, [command])[0]

    db = open_database(settings.database)
    try:
        known = reading.all_events(db)
        if not known:
            made = create_event(
                execute,
                lambda code: reading.find_event(db, code) or 0,
                settings.public_url,
                check_event(demo.EVENT),
                demo=True,
            )
            state = reading.load(db, reading.all_events(db)[0])
            demo.fill(lambda commands: write_alone(settings.database, commands), state)
            return _lines(made["links"])
        state = reading.load(db, known[0])
        if not state.event.demo:
            return ""
        addresses = Addresses(
            state.event.code,
            state.event.results_id,
            state.event.present_id,
            [(room.name, room.slug) for room in state.rooms.values()],
        )
        return _lines(fresh_links(execute, state.event.id, settings.public_url, addresses))
    finally:
        db.close()


def _lines(links: dict[str, Any]) -> str:
    room = next(iter(links["rooms"]))
    shown = {
        "participant": links["join"],
        "facilitator": links["rooms"][room]["facilitate"],
        "lead": links["facilitate"],
        "organiser": links["organise"],
        "projector": links["present"],
        "results": links["results"],
    }
    names = {key: word.format(room=room) for key, word in _WORDS.items()}
    width = max(map(len, names.values()))
    return "\n".join(
        ["The demonstration event is open:", ""]
        + [f"  {names[key]:<{width}}  {url}" for key, url in shown.items()]
        + [""]
    )
