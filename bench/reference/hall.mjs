// What both reference servers do, in memory only: count votes, and send one delta an interval.
// Same words, same bytes and the same coalescing as Dialogi's; no database, no roles, no rooms.

const { QUESTIONS = "1", SIDES = "", INTERVAL_MS = "100", REVISION = "1", BEHIND = "0" } = process.env;
const interval = Number(INTERVAL_MS);
// How many stood behind each question before, so that the numbers are as long as Dialogi's.
const before = Number(BEHIND);
const sides = SIDES.split(",").filter(Boolean);

class Question {
  constructor(id) {
    this.id = id;
    this.supporters = new Set();
    this.split = Object.fromEntries(sides.map((side) => [side, Math.floor(before / 3)]));
  }

  vote({ id, side }, on) {
    if (this.supporters.has(id) === on) return;
    if (on) this.supporters.add(id);
    else this.supporters.delete(id);
    if (side) this.split[side] += on ? 1 : -1;
  }

  support() {
    const { id, supporters, split } = this;
    return { type: "support", id, people: before + supporters.size, by_affiliation: split };
  }
}

export class Hall {
  constructor(broadcast) {
    this.broadcast = broadcast;
    this.questions = new Map(QUESTIONS.split(",").map((id) => [id, new Question(id)]));
    this.changed = new Set();
    this.people = 0;
    this.revision = this.last = Number(REVISION);
    this.flushed = 0;
    this.timer = null;
  }

  join() {
    this.people += 1;
    return { id: this.people, side: sides[this.people % (sides.length + 1)] };
  }

  subscribe({ stream }) {
    const changes = [...this.questions.values()].map((question) => question.support());
    return { ok: true, stream, revision: this.revision, now: Date.now() / 1000, changes, whole: true };
  }

  vote(person, { question, on }) {
    const asked = this.questions.get(question);
    asked.vote(person, on);
    this.revision += 1;
    this.changed.add(asked);
    if (this.timer === null) {
      const wait = Math.max(0, this.flushed + interval - performance.now());
      this.timer = setTimeout(() => this.flush(), wait);
    }
    return { ok: true, revision: this.revision, question };
  }

  flush() {
    this.timer = null;
    this.flushed = performance.now();
    const changes = [...this.changed].map((question) => question.support());
    const { revision, last: after } = this;
    this.last = revision;
    this.changed.clear();
    this.broadcast({ stream: "event", after, revision, changes });
  }
}

export function listening(server) {
  const stop = () => process.exit(0);
  process.on("SIGTERM", stop);
  server.listen({ port: Number(process.env.PORT), host: "127.0.0.1", backlog: 2048 }, () => console.log("listening"));
}
