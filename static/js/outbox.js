// Commands that the server has not taken yet: kept on the device, sent one after the other with the
// same op until they are acknowledged. Knows neither the page nor Socket.IO.
//
// An entry's state: "waiting" (to be sent, or on its way), "asking" (written for a time that has
// passed; the person decides), "refused" (the server said no; the error is kept with it), "saved"
// (taken, but the streams do not show it yet; only in memory).

import { Unanswered } from "./connection.js";

const PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 5000;
const SAVED_MS = 15000;
const PATIENCE_MS = 30000;

// What somebody else sees at once, or what goes by the clock, must not arrive late without a word.
const BY_PHASE = ["question.ask", "question.edit", "question.withdraw", "vote.set"];
const BY_CLOCK = ["phase.set", "timer.set", "toplist.publish"];

export class Outbox {
  // `owner`: event, role and seat, as one text. `send(command, payload)` answers with the reply or
  // throws Unanswered. `context()` tells { phase, room } as they are now. `on.change()` follows
  // every change, `on.saved(entry, reply)` and `on.refused(entry, error)` tell the outcome.
  constructor({ owner, storage, send, context, on, op = newOp, clock = () => Date.now() }) {
    this.prefix = `dialogi:outbox:${owner}:`;
    this.storage = storage;
    this.send = send;
    this.context = context;
    this.on = on;
    this.newOp = op;
    this.clock = clock;
    this.going = false;
    this.sending = null;
    this.pause = PAUSE_MS;
    this.resting = null;
    this.entries = this.stored();
    this.last = this.entries.reduce((last, entry) => Math.max(last, entry.order), 0);
  }

  // --- from the page

  add(command, payload) {
    const { phase, room } = this.context();
    this.last = Math.max(this.last + 1, this.clock());
    const op = this.newOp();
    const entry = {
      op, command, payload: { op, ...payload }, phase, room, order: this.last, state: "waiting",
    };
    this.keep(entry);
    this.entries.push(entry);
    this.changed();
    return entry;
  }

  // "Send it now": also after a refusal, as a new command.
  sendNow(op) {
    const entry = this.find(op);
    if (!entry) return;
    if (entry.state === "refused") {
      this.throwAway(op);
      const { op: old, ...payload } = entry.payload;
      this.add(entry.command, payload);
      return;
    }
    Object.assign(entry, this.context(), { order: Math.max(entry.order, this.clock()) });
    entry.state = "waiting";
    this.keep(entry);
    this.changed();
  }

  throwAway(op) {
    this.entries = this.entries.filter((entry) => entry.op !== op);
    this.storage.removeItem(this.prefix + op);
    this.on.change();
  }

  find(op) {
    return this.entries.find((entry) => entry.op === op);
  }

  // How a switch (`vote.set`, `shortlist.set`) will stand once all is sent: question id → on.
  switches(command) {
    const stand = new Map();
    for (const entry of this.entries) {
      if (entry.command === command && (entry.state === "waiting" || entry.state === "saved")) {
        stand.set(entry.payload.question, entry.payload.on);
      }
    }
    return stand;
  }

  get unsent() {
    return this.entries.filter((entry) => entry.state === "waiting" || entry.state === "asking");
  }

  // Another tab of the same seat sent it, or threw it away.
  forgetIfGone(key) {
    if (!key || !key.startsWith(this.prefix)) return;
    const op = key.slice(this.prefix.length);
    const entry = this.find(op);
    if (!entry || entry === this.sending || this.storage.getItem(key) !== null) return;
    this.entries = this.entries.filter((other) => other.op !== op);
    this.on.change();
  }

  // --- from the connection

  // Called when the page is up to date again, that is when the phase is known.
  resume() {
    this.going = true;
    this.rested();
    this.changed();
  }

  stop() {
    this.going = false;
    this.changed();
  }

  // The phase may have changed.
  look() {
    if (this.review()) this.on.change();
    this.next();
  }

  // Streams are at this revision: what was saved up to it is in them.
  seen(revision) {
    const before = this.entries.length;
    const old = this.clock() - SAVED_MS;
    this.entries = this.entries.filter(
      (entry) => entry.state !== "saved" || (entry.revision > revision && entry.savedAt > old),
    );
    if (this.entries.length !== before) this.on.change();
  }

  // --- inside

  changed() {
    this.review();
    this.on.change();
    this.next();
  }

  // Whoever wrote for an earlier phase is asked; what is under way has been decided.
  review() {
    const now = this.context();
    let any = false;
    for (const entry of this.entries) {
      if (entry.state !== "waiting" || entry === this.sending || !this.late(entry, now)) continue;
      entry.state = "asking";
      this.keep(entry);
      any = true;
    }
    return any;
  }

  late(entry, now) {
    if (!this.going || !now.phase) return false;
    if (BY_CLOCK.includes(entry.command)) return this.clock() - entry.order > PATIENCE_MS;
    if (!BY_PHASE.includes(entry.command)) return false;
    return entry.phase !== now.phase || entry.room !== now.room;
  }

  async next() {
    if (!this.going || this.sending || this.resting !== null) return;
    const entry = this.entries.find((other) => other.state === "waiting");
    if (!entry) return;
    this.sending = entry;
    let reply;
    try {
      reply = await this.send(entry.command, entry.payload);
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      this.sending = null;
      this.later();
      return;
    }
    this.sending = null;
    this.outcome(entry, reply);
  }

  outcome(entry, reply) {
    if (reply.ok) {
      this.pause = PAUSE_MS;
      this.storage.removeItem(this.prefix + entry.op);
      Object.assign(entry, { state: "saved", revision: reply.revision, savedAt: this.clock() });
      this.on.saved(entry, reply);
      this.changed();
    } else if (reply.error.code === "slow_down" || reply.error.code === "unavailable") {
      this.later();
    } else {
      Object.assign(entry, { state: "refused", error: reply.error });
      this.keep(entry);
      this.on.refused(entry, reply.error);
      this.changed();
    }
  }

  later() {
    const pause = this.pause * (0.5 + Math.random() / 2);
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MS);
    this.resting = setTimeout(() => {
      this.rested();
      this.look();
    }, pause);
    this.on.change();
  }

  rested() {
    clearTimeout(this.resting);
    this.resting = null;
  }

  keep(entry) {
    this.storage.setItem(this.prefix + entry.op, JSON.stringify(entry));
  }

  stored() {
    const entries = [];
    for (const key of this.storage.keys()) {
      if (!key.startsWith(this.prefix)) continue;
      const entry = parsed(this.storage.getItem(key));
      if (entry) entries.push(entry);
    }
    return entries.sort((one, other) => one.order - other.order);
  }
}

// localStorage, or memory where the browser forbids it (or has no room left): then what is unsent
// lives as long as the page.
export class Drawer {
  constructor(storage) {
    this.storage = storage;
    this.memory = new Map();
  }

  keys() {
    const keys = new Set(this.memory.keys());
    this.try((storage) => {
      for (let at = 0; at < storage.length; at += 1) keys.add(storage.key(at));
    });
    return [...keys];
  }

  getItem(key) {
    if (this.memory.has(key)) return this.memory.get(key);
    let value = null;
    this.try((storage) => {
      value = storage.getItem(key);
    });
    return value;
  }

  setItem(key, value) {
    const done = this.try((storage) => storage.setItem(key, value));
    if (done) this.memory.delete(key);
    else this.memory.set(key, value);
  }

  removeItem(key) {
    this.memory.delete(key);
    this.try((storage) => storage.removeItem(key));
  }

  try(work) {
    if (!this.storage) return false;
    try {
      work(this.storage);
      return true;
    } catch (error) {
      if (error instanceof DOMException) return false;
      throw error;
    }
  }
}

// The browser's storage; even asking for it throws where it is forbidden.
export function deviceStorage() {
  try {
    return new Drawer(window.localStorage);
  } catch (error) {
    if (error instanceof DOMException) return new Drawer(null);
    throw error;
  }
}

// A UUID without crypto.randomUUID, which old phones and plain http lack.
export function newOp() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
