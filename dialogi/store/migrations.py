"""The schema, as steps that are applied once each, in order.

Every table that readers follow has `touched`: the revision of the event's ledger that last changed
the row in any way; the finer columns say what changed, so that a vote does not send a text again.
"""

from sqlite_utils import Database

FIRST = """
CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    results_id TEXT NOT NULL UNIQUE,
    present_id TEXT NOT NULL UNIQUE,
    settings TEXT NOT NULL,          -- the event file, checked, as JSON
    places INTEGER NOT NULL,
    demo INTEGER NOT NULL DEFAULT 0,
    created REAL NOT NULL,
    phase TEXT NOT NULL DEFAULT 'lobby',
    ends_at REAL,
    next_question INTEGER NOT NULL DEFAULT 1,
    next_participant INTEGER NOT NULL DEFAULT 1,
    draft TEXT,                      -- the list as the lead set it, JSON; null: not settled
    published TEXT,                  -- the list as it was published, frozen, JSON
    revision INTEGER NOT NULL DEFAULT 0,
    changed INTEGER NOT NULL DEFAULT 0,
    context INTEGER NOT NULL DEFAULT 0,       -- what people may see changed as a whole
    list_changed INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE room (
    id INTEGER PRIMARY KEY,
    event INTEGER NOT NULL REFERENCES event (id),
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    slug TEXT NOT NULL UNIQUE,
    video_url TEXT,
    phase TEXT,
    ends_at REAL,
    touched INTEGER NOT NULL DEFAULT 0,
    changed INTEGER NOT NULL DEFAULT 0,
    context INTEGER NOT NULL DEFAULT 0,
    people_changed INTEGER NOT NULL DEFAULT 0,
    staff_changed INTEGER NOT NULL DEFAULT 0,
    UNIQUE (event, name)
) STRICT;
CREATE INDEX room_touched ON room (event, touched);

CREATE TABLE participant (
    id INTEGER PRIMARY KEY,
    event INTEGER NOT NULL REFERENCES event (id),
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    affiliation TEXT,
    room INTEGER NOT NULL REFERENCES room (id),
    resume_hash TEXT UNIQUE,
    removed INTEGER NOT NULL DEFAULT 0,
    kept INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    touched INTEGER NOT NULL DEFAULT 0,
    changed INTEGER NOT NULL DEFAULT 0,
    supports_changed INTEGER NOT NULL DEFAULT 0,
    moved INTEGER NOT NULL DEFAULT 0,
    UNIQUE (event, number)
) STRICT;
CREATE INDEX participant_touched ON participant (event, touched);
CREATE INDEX participant_room ON participant (room, removed);

CREATE TABLE staff (
    id INTEGER PRIMARY KEY,
    event INTEGER NOT NULL REFERENCES event (id),
    role TEXT NOT NULL CHECK (role IN ('facilitator', 'lead', 'organiser')),
    room INTEGER REFERENCES room (id),
    token_hash TEXT NOT NULL UNIQUE,
    revoked INTEGER NOT NULL DEFAULT 0,
    CHECK ((role = 'facilitator') = (room IS NOT NULL))
) STRICT;
CREATE INDEX staff_event ON staff (event);

CREATE TABLE question (
    id INTEGER PRIMARY KEY,
    event INTEGER NOT NULL REFERENCES event (id),
    number INTEGER,
    room INTEGER NOT NULL REFERENCES room (id),
    author INTEGER REFERENCES participant (id),
    asked_by TEXT NOT NULL,
    text TEXT NOT NULL,
    original_text TEXT NOT NULL,
    lang TEXT NOT NULL,
    hidden INTEGER NOT NULL DEFAULT 0,
    hidden_by TEXT,                  -- 'staff', or 'removal' of its author
    reason TEXT NOT NULL DEFAULT '',
    withdrawn INTEGER NOT NULL DEFAULT 0,
    merged_into INTEGER REFERENCES question (id),
    shortlisted INTEGER NOT NULL DEFAULT 0,
    starred_by TEXT,                 -- 'facilitator' (then it uses up the room's quota) or 'lead'
    starred_once INTEGER NOT NULL DEFAULT 0, -- has been in a cluster on the shortlist
    opened INTEGER NOT NULL DEFAULT 0,   -- the same, while the event was in plenary
    touched INTEGER NOT NULL DEFAULT 0,
    changed INTEGER NOT NULL DEFAULT 0,
    support_changed INTEGER NOT NULL DEFAULT 0,
    UNIQUE (event, number),
    CHECK (merged_into IS NULL OR merged_into <> id)
) STRICT;
CREATE INDEX question_touched ON question (event, touched);
CREATE INDEX question_part ON question (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX question_unseen ON question (room) WHERE number IS NULL;
CREATE INDEX question_author ON question (author);

CREATE TABLE vote (
    question INTEGER NOT NULL REFERENCES question (id),
    participant INTEGER NOT NULL REFERENCES participant (id),
    event INTEGER NOT NULL REFERENCES event (id),
    active INTEGER NOT NULL,         -- a vote that was taken back stays, so that readers hear of it
    revision INTEGER NOT NULL,
    PRIMARY KEY (question, participant)
) STRICT, WITHOUT ROWID;
CREATE INDEX vote_revision ON vote (event, revision);
CREATE INDEX vote_participant ON vote (participant);

CREATE TABLE ledger (
    event INTEGER NOT NULL REFERENCES event (id),
    revision INTEGER NOT NULL,
    actor TEXT NOT NULL,
    op TEXT NOT NULL,
    at REAL NOT NULL,
    command TEXT NOT NULL,
    payload TEXT NOT NULL,
    reply TEXT NOT NULL,
    PRIMARY KEY (event, revision)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX ledger_op ON ledger (op, actor);

CREATE TABLE kept_secret (           -- what a demonstration without a configured key keeps
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
"""

STEPS = (FIRST,)


def migrate(db: Database) -> None:
    """Bring the schema up to date, inside the caller's transaction."""
    done = db.execute("PRAGMA user_version").fetchone()[0]
    for number, step in enumerate(STEPS[done:], start=done + 1):
        for statement in _statements(step):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {number}")


def _statements(script: str) -> list[str]:
    # executescript() would commit the transaction that makes a migration all or nothing.
    bare = "\n".join(line.split("--")[0] for line in script.splitlines())
    return [part.strip() for part in bare.split(";") if part.strip()]
