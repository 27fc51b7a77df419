// What all live pages share: the page's data block, its announcements, its head (phase, time,
// connection) and the wiring of connection and outbox. What a page shows lives in its own module.

import { Marks, secondsLeft, signs } from "./clock.js";
import { Connection } from "./connection.js";
import { setText } from "./list.js";
import { pageMessages } from "./messages.js";
import { Outbox, deviceStorage } from "./outbox.js";

export const PHASES = ["lobby", "write", "discuss", "support", "plenary", "results"];
// A connection that comes back soon is not worth a word.
const CALM_MS = 1500;
const HIDDEN_DRAW_MS = 250;

export function byId(id) {
  return document.getElementById(id);
}

export function show(element, visible) {
  if (element && element.hidden === visible) element.hidden = !visible;
}

// A person's text: its own language and direction.
export function setUserText(element, text, lang) {
  setText(element, text);
  if (lang && element.lang !== lang) element.lang = lang;
}

// A copy of the only element in a <template>.
export function clone(id) {
  return byId(id).content.firstElementChild.cloneNode(true);
}

export class Page {
  // `streams`: the names to follow from the start. `place(streams)` tells { phase, room, endsAt } of
  // where the person is. `draw()` shows the streams; it runs at most once a frame. `mirror`: the
  // stream that shows what the person did; without one there is no outbox. The rest is optional:
  // saved(entry, reply), refused(entry, error), presence(message), turnedAway(name, error), second().
  constructor({ streams, mirror, place, draw, saved, refused, presence, turnedAway, second }) {
    this.data = JSON.parse(byId("page").textContent);
    this.messages = pageMessages();
    this.place = place;
    this.drawPage = draw;
    this.told = { saved, refused, turnedAway, second };
    this.marks = new Marks();
    this.phaseShown = undefined;
    this.waitingWords = [];
    this.asked = false;
    const { event, role, room, seat } = this.data;
    this.connection = new Connection({
      io: window.io,
      auth: { event, role, ...(room ? { room } : {}) },
      on: {
        change: (names) => this.changed(names),
        link: (link) => this.linked(link),
        refused: (name, error) => this.turnedAway(name, error),
        presence,
      },
    });
    this.mirror = mirror;
    this.outbox = mirror ? this.makeOutbox([event, role, seat || room || ""].join("/")) : null;
    for (const name of streams) this.connection.follow(name);
  }

  get streams() {
    return this.connection.streams;
  }

  text(key, values) {
    return this.messages.text(key, values);
  }

  open() {
    if (this.outbox) {
      window.addEventListener("storage", (event) => this.outbox.forgetIfGone(event.key));
    }
    window.addEventListener("online", () => this.connection.hurry());
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) return;
      this.connection.hurry();
      this.redraw();
    });
    this.connection.open();
    setInterval(() => this.tick(), 1000);
    this.showLink();
    this.redraw();
  }

  send(command, payload) {
    return this.outbox.add(command, payload);
  }

  // For #status. Several within a moment are read as one.
  announce(text) {
    this.waitingWords.push(text);
    if (this.waitingWords.length > 1) return;
    setTimeout(() => {
      const words = this.waitingWords.join(" ");
      this.waitingWords = [];
      const status = byId("status");
      // The same words again would be no change, so nothing would be read.
      status.textContent = status.textContent === words ? `${words}\u00a0` : words;
    }, 120);
  }

  // Only for what the person did and what failed.
  alert(text) {
    const box = byId("alert");
    show(box, Boolean(text));
    setText(box, text || "");
  }

  redraw() {
    if (this.asked) return;
    this.asked = true;
    const draw = () => {
      this.asked = false;
      this.drawHead();
      this.drawPage();
    };
    if (document.hidden) setTimeout(draw, HIDDEN_DRAW_MS);
    else requestAnimationFrame(draw);
  }

  // --- connection and outbox

  makeOutbox(owner) {
    return new Outbox({
      owner,
      storage: deviceStorage(),
      send: (command, payload) => this.connection.send(command, payload),
      context: () => {
        const { phase, room } = this.place(this.streams);
        return { phase, room };
      },
      on: {
        change: () => this.redraw(),
        saved: (entry, reply) => this.told.saved && this.told.saved(entry, reply),
        refused: (entry, error) => this.told.refused && this.told.refused(entry, error),
      },
    });
  }

  changed(names) {
    if (this.outbox) {
      if (names.includes(this.mirror)) this.outbox.seen(this.streams.get(this.mirror).revision);
      if (!this.outbox.going && this.connection.upToDate) this.outbox.resume();
      else this.outbox.look();
    }
    this.redraw();
  }

  linked(link) {
    if (link !== "online" && this.outbox) this.outbox.stop();
    clearTimeout(this.calm);
    this.calm = setTimeout(() => this.showLink(), link === "online" ? 0 : CALM_MS);
  }

  showLink() {
    const line = byId("link");
    if (!line) return;
    const { link } = this.connection;
    line.dataset.link = link;
    setText(line, this.text(`link.${link}`));
    this.redraw();
  }

  turnedAway(name, error) {
    if (this.told.turnedAway && this.told.turnedAway(name, error)) return;
    this.alert(error.message);
  }

  // --- the head

  tick() {
    this.drawTime();
    if (this.told.second) this.told.second();
    if (this.outbox) this.outbox.seen(this.streams.get(this.mirror).revision);
  }

  drawHead() {
    const { phase } = this.place(this.streams);
    if (phase && phase !== this.phaseShown) this.drawPhase(phase);
    this.drawTime();
  }

  drawPhase(phase) {
    const name = this.text(`phase.${phase}`);
    const instruction = this.text(`instruction.${phase}`);
    setText(byId("phase-name"), name);
    setText(byId("phase-instruction"), instruction);
    const step = byId("phase-step");
    if (step) {
      setText(step, this.text("step", { n: PHASES.indexOf(phase) + 1, all: PHASES.length }));
    }
    document.documentElement.dataset.phase = phase;
    document.title = `${name} – ${this.data.title}`;
    if (this.phaseShown !== undefined) this.announce(`${name}. ${instruction}`);
    this.phaseShown = phase;
  }

  drawTime() {
    const { endsAt } = this.place(this.streams);
    const seconds = secondsLeft(endsAt, this.connection.now());
    show(byId("clock"), seconds !== null);
    if (seconds !== null) setText(byId("time-left"), signs(seconds));
    const mark = this.marks.passed(endsAt, seconds);
    if (mark !== null) this.announce(this.text(`time.${mark}`));
  }
}
