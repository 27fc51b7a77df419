// Subscribing, holding, resubscribing: the contract's rules for a client, with Socket.IO played.

import assert from "node:assert/strict";
import test from "node:test";

import { Connection, Unanswered } from "../../static/js/connection.js";

const tick = () => new Promise((resolve) => setImmediate(resolve));

class Wire {
  constructor(options) {
    this.options = options;
    this.connected = false;
    this.handlers = {};
    this.sent = [];
    this.opened = 0;
  }

  on(name, handler) {
    this.handlers[name] = handler;
  }

  connect() {
    this.opened += 1;
  }

  timeout() {
    return { emit: (name, payload, answer) => this.sent.push({ name, payload, answer }) };
  }

  come() {
    this.connected = true;
    this.handlers.connect();
  }

  go() {
    this.connected = false;
    for (const { answer } of this.sent.splice(0)) answer(new Error("gone"));
    this.handlers.disconnect();
  }

  async answer(reply) {
    const { name, payload, answer } = this.sent.shift();
    answer(null, { ok: true, stream: payload.stream, now: 1000, whole: true, changes: [], ...reply });
    await tick();
    return { name, payload };
  }
}

function start({ clock = () => 1000000 } = {}) {
  const seen = { changes: [], links: [], refused: [] };
  let wire;
  const connection = new Connection({
    io: (options) => {
      wire = new Wire(options);
      return wire;
    },
    auth: { event: "ABC", role: "participant" },
    on: {
      change: (names) => seen.changes.push(...names),
      link: (link) => seen.links.push(link),
      refused: (name, error) => seen.refused.push([name, error.code]),
    },
    random: () => 0.5,
    clock,
  });
  return { connection, wire, seen };
}

const asked = (id, more = {}) => ({ type: "question", id, ...more });
const ids = (connection, name) => [...connection.streams.of(name, "question").keys()];

test("the WebSocket is tried first, and who connects is told", () => {
  const { wire } = start();
  assert.deepEqual(wire.options.transports, ["websocket", "polling"]);
  assert.deepEqual(wire.options.auth, { event: "ABC", role: "participant" });
});

test("deltas that come before the answer are held, then applied in order", async () => {
  const { connection, wire } = start();
  connection.follow("room:1");
  wire.come();
  wire.handlers.delta({ stream: "room:1", after: 5, revision: 6, changes: [asked("2")] });
  wire.handlers.delta({ stream: "room:1", after: 2, revision: 4, changes: [asked("9")] });
  assert.deepEqual(ids(connection, "room:1"), []);
  await wire.answer({ revision: 5, changes: [asked("1")] });
  assert.deepEqual(ids(connection, "room:1"), ["1", "2"]);
  assert.equal(connection.streams.get("room:1").revision, 6);
});

test("a gap subscribes again with the revision that is known", async () => {
  const { connection, wire } = start();
  connection.follow("event");
  wire.come();
  await wire.answer({ revision: 5, changes: [asked("1")] });
  wire.handlers.delta({ stream: "event", after: 7, revision: 8, changes: [asked("3")] });
  assert.deepEqual(ids(connection, "event"), ["1"]);
  const { payload } = await wire.answer({ revision: 8, whole: false, changes: [asked("2"), asked("3")] });
  assert.deepEqual(payload, { stream: "event", revision: 5 });
  assert.deepEqual(ids(connection, "event"), ["1", "2", "3"]);
});

test("a resync subscribes again", async () => {
  const { connection, wire } = start();
  connection.follow("event");
  wire.come();
  await wire.answer({ revision: 5 });
  wire.handlers.resync({ stream: "event" });
  assert.deepEqual(wire.sent[0].payload, { stream: "event", revision: 5 });
});

test("after a lost connection it comes back by itself, within five seconds, with its revisions", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { connection, wire, seen } = start();
  connection.follow("event");
  wire.come();
  await wire.answer({ revision: 5 });
  wire.go();
  for (let tries = 1; tries <= 12; tries += 1) {
    t.mock.timers.tick(5000);
    assert.equal(wire.opened, tries);
    wire.handlers.connect_error(new Error("still away"));
  }
  wire.come();
  assert.deepEqual(wire.sent[0].payload, { stream: "event", revision: 5 });
  assert.deepEqual(seen.links, ["online", "offline", "online"]);
});

test("tries are spread, so that a hall does not come back in one moment", () => {
  const waits = [];
  const { connection } = start();
  for (const random of [0, 0.25, 0.99]) {
    connection.random = () => random;
    connection.tries = 10;
    connection.retry = null;
    const real = globalThis.setTimeout;
    globalThis.setTimeout = (work, wait) => waits.push(wait);
    connection.wait();
    globalThis.setTimeout = real;
  }
  assert.equal(new Set(waits).size, 3);
  assert.ok(waits.every((wait) => wait >= 2500 && wait <= 5000), String(waits));
});

test("it is up to date only when every followed stream has been answered", async () => {
  const { connection, wire } = start();
  connection.follow("event");
  connection.follow("me");
  assert.equal(connection.upToDate, false);
  wire.come();
  await wire.answer({ revision: 1 });
  assert.equal(connection.upToDate, false);
  await wire.answer({ revision: 1 });
  assert.equal(connection.upToDate, true);
  wire.go();
  assert.equal(connection.upToDate, false);
});

test("a stream that is not ours any more is dropped, and the page is told", async () => {
  const { connection, wire, seen } = start();
  connection.follow("room:1");
  wire.come();
  const { answer } = wire.sent.shift();
  answer(null, { ok: false, error: { code: "forbidden", message: "no" } });
  await tick();
  assert.deepEqual(seen.refused, [["room:1", "forbidden"]]);
  wire.handlers.delta({ stream: "room:1", after: 0, revision: 9, changes: [asked("1")] });
  assert.deepEqual(ids(connection, "room:1"), []);
});

test("an answer for a stream that was left meanwhile is not taken", async () => {
  const { connection, wire } = start();
  connection.follow("room:1");
  wire.come();
  connection.unfollow("room:1");
  await wire.answer({ revision: 5, changes: [asked("1")] });
  assert.deepEqual(ids(connection, "room:1"), []);
});

test("a command without a connection, or whose answer is lost, is unanswered", async () => {
  const { connection, wire } = start();
  await assert.rejects(connection.send("vote.set", {}), Unanswered);
  wire.come();
  const reply = connection.send("vote.set", {});
  wire.go();
  await assert.rejects(reply, Unanswered);
});

test("the server's clock is told by the quickest round trip", async () => {
  let now = 1000000;
  const { connection, wire } = start({ clock: () => now });
  connection.follow("event");
  connection.follow("me");
  wire.come();
  now += 200;
  await wire.answer({ revision: 1, now: 2000 });
  assert.equal(connection.now(), 2000.1);
  now += 3000;
  await wire.answer({ revision: 1, now: 9999 });
  assert.equal(Math.round(connection.now()), 2003);
});
