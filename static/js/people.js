// The people of a room, or of all rooms: who is connected; taking out, bringing back, moving.

import { LiveList, setText } from "./list.js";
import { byId, clone, show } from "./page.js";
import { fillOptions } from "./phasebar.js";

// A room fits whole; of an event thousands are better searched than scrolled.
const STEP = 60;

export class People {
  // `stream`: the one with the participants. `rooms()`: all rooms, where the page may move people.
  constructor(page, stream, presence, rooms = null) {
    this.page = page;
    this.presence = presence;
    this.stream = stream;
    this.rooms = rooms;
    this.errors = new Map();
    this.limit = STEP;
    this.list = new LiveList({
      container: byId("people"),
      template: byId("person-row"),
      start: (row, id) => this.start(row, id),
      fill: (row, item) => this.fill(row, item),
      home: byId("people-title"),
    });
    byId("people-more").addEventListener("click", () => {
      this.limit += STEP;
      page.redraw();
    });
    for (const id of ["people-room", "people-search"]) {
      if (byId(id)) byId(id).addEventListener("input", () => page.redraw());
    }
  }

  draw() {
    const all = [...this.page.streams.of(this.stream, "participant").values()];
    if (this.rooms && byId("people-room")) {
      fillOptions(byId("people-room"), this.rooms().map(({ id, name }) => [id, name]), 1);
    }
    const found = all.filter((person) => this.wanted(person));
    found.sort((one, other) => one.removed - other.removed || one.number - other.number);
    this.list.set(
      found.slice(0, this.limit).map((person) => ({
        id: person.id,
        person,
        here: this.presence.has(person),
        error: this.errors.get(person.id) || null,
        roomName: this.rooms ? this.roomName(person.room) : null,
      })),
    );
    show(byId("people-more"), found.length > this.limit);
    const seated = all.filter((person) => !person.removed);
    const here = seated.filter((person) => this.presence.has(person)).length;
    setText(byId("people-count"), this.page.text("staff.connected", { n: here, all: seated.length }));
  }

  wanted(person) {
    const room = byId("people-room");
    if (room && room.value && room.value !== person.room) return false;
    const search = byId("people-search");
    const words = search ? search.value.trim().toLowerCase() : "";
    if (!words) return true;
    return String(person.number) === words || person.name.toLowerCase().includes(words);
  }

  refused(entry, error) {
    const id = entry.payload.participant;
    if (!id) return false;
    this.page.outbox.throwAway(entry.op);
    this.errors.set(id, error.message);
    this.page.redraw();
    return true;
  }

  saved({ command, payload }) {
    const words = {
      "participant.remove": "staff.removed",
      "participant.return": "staff.returned",
      "participant.move": "staff.moved",
    }[command];
    const person = this.page.streams.of(this.stream, "participant").get(payload.participant);
    if (words) this.page.announce(this.page.text(words, { number: person ? person.number : "" }));
  }

  // --- a row

  start(row, id) {
    const more = row.querySelector(".person__more");
    more.addEventListener("toggle", () => {
      if (!more.open) return;
      if (!more.querySelector(".staff__panel")) this.startPanel(more, id);
      this.fillPanel(row, this.person(id));
    });
    more.addEventListener("keydown", (happening) => {
      if (happening.key === "Escape" && more.open) this.close(more);
    });
  }

  fill(row, { person, here, error, roomName }) {
    const { page } = this;
    setText(row.querySelector(".person__number"), String(person.number));
    setText(row.querySelector(".person__name"), person.name || page.text("staff.nameless"));
    setText(row.querySelector(".person__link"), page.text(here ? "staff.here" : "staff.away"));
    row.querySelector(".person__link").dataset.here = here ? "yes" : "no";
    setText(row.querySelector(".person__side"), person.affiliation || page.text("staff.noSide"));
    show(row.querySelector(".person__room"), Boolean(roomName));
    setText(row.querySelector(".person__room"), roomName || "");
    setText(row.querySelector(".person__of"), page.text("staff.ofPerson", { number: person.number }));
    const out = row.querySelector(".person__out");
    show(out, person.removed);
    setText(out, person.removed ? this.outWords(person) : "");
    show(row.querySelector(".person__error"), Boolean(error));
    setText(row.querySelector(".person__error"), error || "");
    row.classList.toggle("person--out", person.removed);
    this.fillPanel(row, person);
  }

  outWords(person) {
    const words = [this.page.text(person.kept ? "staff.outKept" : "staff.out")];
    if (person.reason) words.push(this.page.text("staff.reason", { reason: person.reason }));
    return words.join(". ");
  }

  startPanel(more, id) {
    more.append(clone("person-panel"));
    more.querySelector(".panel-form--remove").addEventListener("submit", (happening) => {
      happening.preventDefault();
      const reason = more.querySelector(".panel-form__reason").value;
      const keep = more.querySelector(".panel-form__keep").checked;
      this.send(id, "participant.remove", { participant: id, reason, keep });
      this.close(more);
    });
    more.querySelector(".person__return").addEventListener("click", () => {
      this.send(id, "participant.return", { participant: id });
      this.close(more);
    });
    const move = more.querySelector(".panel-form--move");
    if (!move) return;
    move.addEventListener("submit", (happening) => {
      happening.preventDefault();
      const room = move.querySelector("select").value;
      if (room && room !== this.person(id).room) {
        this.send(id, "participant.move", { participant: id, room });
      }
      this.close(more);
    });
  }

  fillPanel(row, person) {
    if (!row.querySelector(".staff__panel") || !person) return;
    show(row.querySelector(".panel-form--remove"), !person.removed);
    show(row.querySelector(".panel-form--return"), person.removed);
    const move = row.querySelector(".panel-form--move");
    if (!move) return;
    show(move, !person.removed);
    const select = move.querySelector("select");
    if (select === document.activeElement) return;
    fillOptions(select, this.rooms().map(({ id, name }) => [id, name]));
    select.value = person.room;
  }

  close(more) {
    more.open = false;
    more.querySelector("summary").focus();
  }

  send(id, command, payload) {
    this.errors.delete(id);
    this.page.send(command, payload);
  }

  person(id) {
    return this.page.streams.of(this.stream, "participant").get(id);
  }

  roomName(id) {
    const room = this.rooms().find((other) => other.id === id);
    return room ? room.name : "";
  }
}
