// A room's facilitator: step and time, the room's questions, its people.

import { showError, wrongWith } from "./compose.js";
import { setText } from "./list.js";
import { Page, byId, show } from "./page.js";
import { People } from "./people.js";
import { Presence } from "./presence.js";
import { PhaseBar, fillOptions } from "./phasebar.js";
import { StaffList } from "./staff.js";
import { Unsent } from "./unsent.js";

class Facilitator {
  constructor() {
    const room = JSON.parse(byId("page").textContent).room;
    this.stream = `facilitators:${room}`;
    this.page = new Page({
      streams: ["event", this.stream],
      mirror: this.stream,
      place: (streams) => placeOf(streams, this.stream),
      draw: () => this.draw(),
      saved: (entry, reply) => this.saved(entry, reply),
      refused: (entry, error) => this.refused(entry, error),
      presence: (message) => this.present(message),
    });
    const { page } = this;
    this.presence = new Presence();
    this.bar = new PhaseBar(page, room);
    this.questions = new StaffList(page, this.stream);
    this.people = new People(page, this.stream, this.presence);
    this.unsent = new Unsent(page);
    byId("behalf").addEventListener("submit", (happening) => {
      happening.preventDefault();
      this.ask();
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
    const room = streams.one(this.stream, "room");
    if (!event || !room) return;
    this.bar.draw(event, [room]);
    setText(byId("hint"), this.page.text(`hint.${room.phase}`));
    this.drawCounts(room);
    const { rows } = this.questions;
    this.questions.draw(rows);
    setText(byId("list-count"), this.page.text("list.count", { n: rows.length }));
    show(byId("list-count"), rows.length > 0);
    this.drawQuota(room, rows);
    this.drawFor();
    this.people.draw();
    this.unsent.draw();
  }

  drawCounts(room) {
    const { page } = this;
    const silent = room.silent || room.people === 0
      ? page.text("staff.silent", { n: room.silent })
      : page.text("staff.everybodyWrote");
    const words = [page.text("staff.people", { n: room.people })];
    if (room.unshown || room.phase === "write") words.push(page.text("staff.unshown", { n: room.unshown }));
    if (room.phase !== "lobby") words.push(silent);
    setText(byId("counts"), words.join(" · "));
  }

  // What a lead put on the shortlist does not use up the room's places.
  drawQuota(room, rows) {
    const starred = rows.flatMap(({ question, parts }) => [question, ...parts]).filter((q) => q.shortlisted);
    const others = Math.max(0, starred.length - room.starred);
    const words = [this.page.text("staff.quota", { n: room.starred, quota: room.quota })];
    if (others) words.push(this.page.text("staff.quotaLead", { n: others }));
    show(byId("quota"), rows.length > 0);
    setText(byId("quota"), words.join(" "));
  }

  drawFor() {
    const people = [...this.page.streams.of(this.stream, "participant").values()];
    const options = people
      .filter((person) => !person.removed)
      .sort((one, other) => one.number - other.number)
      .map(({ id, number, name }) => [
        id,
        this.page.text("staff.person", { number, name: name || this.page.text("staff.nameless") }),
      ]);
    if (document.activeElement !== byId("behalf-for")) fillOptions(byId("behalf-for"), options, 1);
  }

  ask() {
    const field = byId("behalf-text");
    const wrong = wrongWith(this.page, field.value);
    showError(field, byId("behalf-error"), wrong);
    if (wrong) return;
    const { room } = this.page.data;
    const person = byId("behalf-for").value;
    this.page.send("question.ask", { text: field.value, room, for: person });
    field.value = "";
    byId("behalf-for").value = "";
    field.focus();
  }

  saved(entry, reply) {
    this.page.alert(null);
    this.questions.saved(entry, reply);
    this.people.saved(entry);
  }

  refused(entry, error) {
    if (this.questions.refused(entry, error) || this.people.refused(entry, error)) return;
    this.page.outbox.throwAway(entry.op);
    const field = byId("behalf-text");
    if (entry.command === "question.ask" && !field.value.trim()) {
      field.value = entry.payload.text;
      byId("behalf-for").value = entry.payload.for;
      showError(field, byId("behalf-error"), error.message);
    } else {
      this.page.alert(error.message);
    }
  }
}

function placeOf(streams, stream) {
  const room = streams.one(stream, "room");
  if (!room) return { phase: null, room: null, endsAt: null };
  return { phase: room.phase, room: room.id, endsAt: room.ends_at };
}

new Facilitator();
