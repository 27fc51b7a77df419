// Beginning steps and setting the time, for one room or, on a lead's page, for everybody.

import { setText } from "./list.js";
import { byId, clone, show } from "./page.js";

const MOST_MINUTES = 1440;

export class PhaseBar {
  // `room`: the only room's id, or null where the page lets one choose.
  constructor(page, room) {
    this.page = page;
    this.fixed = room;
    this.choice = byId("phase-target");
    this.field = byId("minutes");
    this.programme = null;
    for (const button of document.querySelectorAll(".phase-bar__phase")) {
      button.addEventListener("click", () => this.begin(button.dataset.phase));
    }
    const on = (id, work) => byId(id).addEventListener("click", work);
    on("timer-start", () => this.start());
    on("timer-plus", () => this.shift(60));
    on("timer-minus", () => this.shift(-60));
    on("timer-end", () => this.setTimer(this.page.connection.now()));
    on("timer-clear", () => this.setTimer(null));
    this.field.addEventListener("input", () => this.wrong(null));
    this.field.addEventListener("keydown", (happening) => {
      if (happening.key === "Enter") this.start();
    });
    if (this.choice) this.choice.addEventListener("change", () => this.page.redraw());
  }

  // The id of the room that the buttons are for, "" for everybody.
  get room() {
    return this.fixed || (this.choice ? this.choice.value : "");
  }

  choose(room) {
    this.choice.value = room;
    this.page.redraw();
    byId("phase-bar-title").focus();
  }

  draw(event, rooms) {
    if (this.choice) fillOptions(this.choice, rooms.map(({ id, name }) => [id, name]), 1);
    const target = this.target(event, rooms);
    for (const button of document.querySelectorAll(".phase-bar__phase")) {
      button.setAttribute("aria-pressed", String(button.dataset.phase === target.phase));
    }
    const timed = typeof target.ends_at === "number";
    for (const id of ["timer-minus", "timer-clear"]) byId(id).disabled = !timed;
    this.drawProgramme(event);
  }

  // --- inside

  target(event, rooms) {
    return rooms.find((room) => room.id === this.room) || event;
  }

  now() {
    const { streams } = this.page;
    const event = streams.one("event", "event");
    return event && this.target(event, [...streams.of("event", "room").values()]);
  }

  begin(phase) {
    const minutes = this.minutes();
    if (minutes === undefined) return;
    this.page.send("phase.set", this.withRoom({ phase, ...(minutes ? { minutes } : {}) }));
    this.field.value = "";
  }

  start() {
    const minutes = this.minutes();
    if (minutes === null) this.wrong("staff.minutesMissing");
    if (!minutes) return;
    this.setTimer(this.page.connection.now() + minutes * 60);
    this.field.value = "";
  }

  shift(seconds) {
    const target = this.now();
    if (!target) return;
    const now = this.page.connection.now();
    const from = typeof target.ends_at === "number" ? target.ends_at : now;
    this.setTimer(Math.max(now, from + seconds));
  }

  setTimer(endsAt) {
    this.page.send("timer.set", this.withRoom(endsAt === null ? {} : { ends_at: endsAt }));
  }

  withRoom(payload) {
    return this.room ? { ...payload, room: this.room } : payload;
  }

  // A number, null when the field is empty, undefined when it is wrong.
  minutes() {
    const text = this.field.value.trim().replace(",", ".");
    if (!text) return null;
    const minutes = Number(text);
    if (minutes > 0 && minutes <= MOST_MINUTES) return minutes;
    this.wrong("staff.minutesWrong");
    return undefined;
  }

  wrong(key) {
    show(byId("minutes-error"), Boolean(key));
    setText(byId("minutes-error"), key ? this.page.text(key) : "");
    if (!key) {
      this.field.removeAttribute("aria-invalid");
      return;
    }
    this.field.setAttribute("aria-invalid", "true");
    this.field.focus();
  }

  drawProgramme(event) {
    const steps = (event.programme || []).filter((item) => item.phase);
    const key = JSON.stringify(steps);
    if (key === this.programme) return;
    this.programme = key;
    show(byId("programme-steps"), steps.length > 0);
    byId("programme-buttons").replaceChildren(
      ...steps.map((item) => {
        const row = clone("programme-button");
        const button = row.querySelector("button");
        const step = this.page.text(`phase.${item.phase}`);
        const words = item.minutes
          ? this.page.text("staff.programmeMinutes", { ...item, step })
          : this.page.text("staff.programme", { ...item, step });
        setText(button, words);
        button.addEventListener("click", () => {
          const { phase, minutes } = item;
          this.page.send("phase.set", this.withRoom({ phase, ...(minutes ? { minutes } : {}) }));
        });
        return row;
      }),
    );
  }
}

// Gives a <select> these [value, text] options after the first `fixed` ones, and keeps what is
// chosen. A list that is open, or did not change, is left alone.
export function fillOptions(select, options, fixed = 0) {
  const key = JSON.stringify(options);
  if (select.dataset.options === key) return;
  select.dataset.options = key;
  const chosen = select.value;
  while (select.options.length > fixed) select.remove(fixed);
  for (const [value, text] of options) select.add(new Option(text, value));
  if ([...select.options].some((option) => option.value === chosen)) select.value = chosen;
}
