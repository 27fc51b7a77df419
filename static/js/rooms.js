// All rooms at a glance: a table for leads and organisers.

import { secondsLeft, signs } from "./clock.js";
import { LiveList, setText } from "./list.js";
import { byId, show } from "./page.js";

export class RoomsTable {
  // `choose(room)`: for the button of each row; null where the page sets no steps.
  constructor(page, presence, choose = null) {
    this.page = page;
    this.presence = presence;
    this.choose = choose;
    this.list = new LiveList({
      container: byId("rooms"),
      template: byId("room-row"),
      start: (row, id) => this.start(row, id),
      fill: (row, item) => this.fill(row, item),
      home: byId("rooms-title"),
    });
  }

  get rooms() {
    const rooms = [...this.page.streams.of("lead", "room").values()];
    return rooms.sort((one, other) => one.position - other.position);
  }

  draw() {
    const { rooms, page } = this;
    const asked = counted(page.streams.of("lead", "question").values(), (question) => question.room);
    const starred = [...page.streams.of("lead", "question").values()].filter((one) => one.shortlisted);
    const stars = counted(starred, (question) => question.room);
    const here = counted(this.connected(), (person) => person.room);
    const now = page.connection.now();
    this.list.set(
      rooms.map((room) => {
        const seconds = secondsLeft(room.ends_at, now);
        return {
          id: room.id,
          room,
          stars: stars.get(room.id) || 0,
          asked: asked.get(room.id) || 0,
          here: here.get(room.id) || 0,
          time: seconds === null ? "–" : signs(seconds),
        };
      }),
    );
    const people = rooms.reduce((sum, room) => sum + room.people, 0);
    setText(byId("rooms-count"), page.text("staff.people", { n: people }));
  }

  // Time goes on between deltas.
  second() {
    if (this.rooms.some((room) => typeof room.ends_at === "number")) this.draw();
  }

  connected() {
    const people = [...this.page.streams.of("lead", "participant").values()];
    return people.filter((person) => !person.removed && this.presence.has(person));
  }

  start(row, id) {
    const link = row.querySelector(".rooms__name");
    link.href = `/facilitator/${encodeURIComponent(this.page.data.event)}/${encodeURIComponent(id)}`;
    const button = row.querySelector(".rooms__set");
    show(button, Boolean(this.choose));
    if (this.choose) button.addEventListener("click", () => this.choose(id));
  }

  fill(row, { room, asked, stars, here, time }) {
    const { page } = this;
    const cell = (name, value) => setText(row.querySelector(`.rooms__${name}`), String(value));
    cell("name", room.name);
    const phase = page.text(`phase.${room.phase}`);
    cell("phase", room.own_phase ? `${phase} (${page.text("staff.ownPhase")})` : phase);
    cell("time", time);
    cell("people", `${here}/${room.people}`);
    cell("questions", asked);
    cell("unshown", room.unshown);
    cell("silent", room.silent);
    cell("stars", stars);
    cell("of", page.text("lead.ofRoom", { room: room.name }));
  }
}

function counted(things, key) {
  const counts = new Map();
  for (const thing of things) counts.set(key(thing), (counts.get(key(thing)) || 0) + 1);
  return counts;
}
