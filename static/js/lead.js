// The lead's board: steps for everybody or one room, all rooms' questions, the list, all people.

import { ListEditor } from "./listeditor.js";
import { setText } from "./list.js";
import { Page, byId, show } from "./page.js";
import { People } from "./people.js";
import { PhaseBar, fillOptions } from "./phasebar.js";
import { Presence } from "./presence.js";
import { RoomsTable } from "./rooms.js";
import { StaffList } from "./staff.js";
import { Unsent } from "./unsent.js";

const STEP = 30;

class Lead {
  constructor() {
    this.page = new Page({
      streams: ["event", "lead"],
      mirror: "lead",
      place: (streams) => placeOf(streams),
      draw: () => this.draw(),
      saved: (entry, reply) => this.saved(entry, reply),
      refused: (entry, error) => this.refused(entry, error),
      presence: (message) => this.present(message),
      second: () => this.rooms.second(),
    });
    const { page } = this;
    this.limit = STEP;
    this.filter = null;
    this.presence = new Presence();
    this.bar = new PhaseBar(page, null);
    this.people = new People(page, "lead", this.presence, () => this.rooms.rooms);
    this.rooms = new RoomsTable(page, this.presence, (room) => this.bar.choose(room));
    this.questions = new StaffList(page, "lead", { roomName: (id) => this.roomName(id) });
    this.editor = new ListEditor(page);
    this.unsent = new Unsent(page);
    for (const id of ["filter-room", "filter-state", "filter-text"]) {
      byId(id).addEventListener("input", () => page.redraw());
    }
    byId("list-more").addEventListener("click", () => {
      this.limit += STEP;
      page.redraw();
    });
    page.open();
  }

  present(message) {
    this.presence.told(message);
    this.page.redraw();
  }

  draw() {
    const { streams } = this.page;
    const event = streams.one("event", "event");
    if (!event || streams.get("lead").revision === null) return;
    this.bar.draw(event, this.rooms.rooms);
    this.rooms.draw();
    this.drawQuestions();
    this.editor.draw();
    this.people.draw();
    this.unsent.draw();
  }

  drawQuestions() {
    fillOptions(byId("filter-room"), this.rooms.rooms.map(({ id, name }) => [id, name]), 1);
    const { rows } = this.questions;
    const wanted = rows.filter((row) => this.wanted(row));
    const filter = ["filter-room", "filter-state", "filter-text"].map((id) => byId(id).value).join("\n");
    const fresh = filter !== this.filter;
    if (fresh && this.filter !== null) this.limit = STEP;
    this.filter = filter;
    const more = wanted.length > this.limit;
    this.questions.draw(wanted.slice(0, this.limit), fresh || more);
    show(byId("list-more"), more);
    const { page } = this;
    setText(
      byId("list-count"),
      wanted.length === rows.length
        ? page.text("list.count", { n: rows.length })
        : page.text("lead.showing", { n: wanted.length, all: rows.length }),
    );
  }

  wanted({ question, parts, elsewhere }) {
    const room = byId("filter-room").value;
    const members = [question, ...parts];
    if (room && !members.some((member) => member.room === room)) return false;
    const state = byId("filter-state").value;
    if (state === "shortlist" && !members.some((member) => member.shortlisted)) return false;
    if (state === "merged" && !parts.length && !elsewhere) return false;
    if (state === "hidden" && !members.some((member) => member.state === "hidden")) return false;
    const words = byId("filter-text").value.trim().toLowerCase();
    if (!words) return true;
    return members.some(
      ({ number, text }) => String(number) === words || text.toLowerCase().includes(words),
    );
  }

  saved(entry, reply) {
    this.page.alert(null);
    this.questions.saved(entry, reply);
    this.people.saved(entry);
    this.editor.saved(entry);
  }

  refused(entry, error) {
    for (const part of [this.questions, this.people, this.editor]) {
      if (part.refused(entry, error)) return;
    }
    this.page.outbox.throwAway(entry.op);
    this.page.alert(error.message);
  }

  roomName(id) {
    const room = this.page.streams.of("lead", "room").get(id);
    return room ? room.name : "";
  }
}

function placeOf(streams) {
  const event = streams.one("event", "event");
  return event
    ? { phase: event.phase, room: null, endsAt: event.ends_at }
    : { phase: null, room: null, endsAt: null };
}

new Lead();
