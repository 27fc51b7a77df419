// What is not sent yet survives, goes out once with the same op, and never comes late without a word.

import assert from "node:assert/strict";
import test from "node:test";

import { Unanswered } from "../../static/js/connection.js";
import { Drawer, Outbox, newOp } from "../../static/js/outbox.js";

const tick = () => new Promise((resolve) => setImmediate(resolve));
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

class Server {
  constructor() {
    this.got = [];
    this.replies = [];
    this.reachable = true;
  }

  async send(command, payload) {
    this.got.push([command, payload]);
    if (!this.reachable) throw new Unanswered("no connection");
    return this.replies.shift() || { ok: true, revision: this.got.length, question: "17" };
  }
}

function start({ drawer = new Drawer(null), owner = "ABC/participant/1", phase = "write" } = {}) {
  const server = new Server();
  const place = { phase, room: "1" };
  const told = { saved: [], refused: [] };
  const time = { now: 1000 };
  const outbox = new Outbox({
    owner,
    storage: drawer,
    send: (command, payload) => server.send(command, payload),
    context: () => ({ ...place }),
    on: {
      change: () => {},
      saved: (entry, reply) => told.saved.push([entry.command, reply.question]),
      refused: (entry, error) => told.refused.push([entry.command, error.code]),
    },
    clock: () => time.now,
  });
  return { outbox, server, place, told, drawer, time };
}

const states = (outbox) => outbox.entries.map((entry) => entry.state);
const ask = (outbox, text = "Why?") => outbox.add("question.ask", { text });

test("an op is a UUID, new each time", () => {
  const [one, other] = [newOp(), newOp()];
  assert.match(one, UUID);
  assert.notEqual(one, other);
});

test("what is written goes out and is saved", async () => {
  const { outbox, server, told, drawer } = start();
  outbox.resume();
  const { op } = ask(outbox);
  assert.equal(drawer.keys().length, 1);
  await tick();
  assert.deepEqual(server.got, [["question.ask", { op, text: "Why?" }]]);
  assert.deepEqual(told.saved, [["question.ask", "17"]]);
  assert.deepEqual(drawer.keys(), []);
});

test("nothing goes out before the page knows where it is", async () => {
  const { outbox, server } = start();
  ask(outbox);
  await tick();
  assert.deepEqual(server.got, []);
});

test("what was not sent survives a reload and goes out in its order with the same op", async () => {
  const drawer = new Drawer(null);
  const before = start({ drawer });
  const ops = [ask(before.outbox, "one").op, ask(before.outbox, "two").op];
  const after = start({ drawer });
  assert.deepEqual(states(after.outbox), ["waiting", "waiting"]);
  after.outbox.resume();
  await tick();
  await tick();
  assert.deepEqual(after.server.got.map(([, payload]) => payload.op), ops);
  assert.deepEqual(after.server.got.map(([, payload]) => payload.text), ["one", "two"]);
});

test("another seat, role or event has an outbox of its own", () => {
  const drawer = new Drawer(null);
  ask(start({ drawer }).outbox);
  assert.equal(start({ drawer, owner: "ABC/participant/2" }).outbox.entries.length, 0);
  assert.equal(start({ drawer, owner: "ABC/lead/1" }).outbox.entries.length, 0);
  assert.equal(start({ drawer, owner: "XYZ/participant/1" }).outbox.entries.length, 0);
  assert.equal(start({ drawer }).outbox.entries.length, 1);
});

test("an answer that does not come is asked for again with the same op", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { outbox, server } = start();
  outbox.resume();
  server.reachable = false;
  const { op } = ask(outbox);
  await tick();
  server.reachable = true;
  t.mock.timers.tick(1000);
  await tick();
  assert.deepEqual(server.got.map(([, payload]) => payload.op), [op, op]);
  assert.deepEqual(states(outbox), ["saved"]);
});

test("told to slow down it waits, is no refusal, and sends the same op again", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { outbox, server, told } = start();
  server.replies = [{ ok: false, error: { code: "slow_down", message: "wait" } }];
  outbox.resume();
  const { op } = ask(outbox);
  await tick();
  ask(outbox, "next");
  await tick();
  assert.equal(server.got.length, 1, "waiting means waiting, whatever is added");
  t.mock.timers.tick(1000);
  await tick();
  await tick();
  assert.equal(server.got[1][1].op, op);
  assert.deepEqual(told.refused, []);
  assert.equal(told.saved.length, 2);
});

test("a refusal is told and kept with its text, and does not hold up what comes after", async () => {
  const { outbox, server, told } = start();
  server.replies = [{ ok: false, error: { code: "wrong_phase", message: "no" } }];
  outbox.resume();
  ask(outbox, "too late");
  ask(outbox, "next");
  await tick();
  await tick();
  assert.deepEqual(told.refused, [["question.ask", "wrong_phase"]]);
  assert.deepEqual(states(outbox), ["refused", "saved"]);
  assert.equal(outbox.entries[0].payload.text, "too late");
});

test("what was written for an earlier phase asks before it goes out", async () => {
  const drawer = new Drawer(null);
  ask(start({ drawer, phase: "write" }).outbox);
  const { outbox, server } = start({ drawer, phase: "discuss" });
  outbox.resume();
  await tick();
  assert.deepEqual(states(outbox), ["asking"]);
  assert.deepEqual(server.got, []);
  outbox.sendNow(outbox.entries[0].op);
  await tick();
  assert.equal(server.got.length, 1);
});

test("it asks too when the phase changes while the connection is away", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { outbox, server, place } = start();
  outbox.resume();
  server.reachable = false;
  ask(outbox);
  await tick();
  outbox.stop();
  place.phase = "discuss";
  server.reachable = true;
  outbox.resume();
  t.mock.timers.tick(10000);
  await tick();
  assert.deepEqual(states(outbox), ["asking"]);
  assert.equal(server.got.length, 1);
});

test("what is thrown away is gone from the device", () => {
  const { outbox, drawer } = start();
  outbox.throwAway(ask(outbox).op);
  assert.deepEqual(outbox.entries, []);
  assert.deepEqual(drawer.keys(), []);
});

test("a step that a facilitator wanted a while ago asks, a joined question does not", async () => {
  const drawer = new Drawer(null);
  const before = start({ drawer, owner: "f" });
  before.outbox.add("phase.set", { phase: "discuss" });
  before.outbox.add("question.merge", { into: "1", questions: ["2"] });
  const { outbox, server, time } = start({ drawer, owner: "f", phase: "support" });
  time.now = 60000;
  outbox.resume();
  await tick();
  assert.deepEqual(server.got.map(([command]) => command), ["question.merge"]);
  assert.equal(outbox.entries.find((entry) => entry.command === "phase.set").state, "asking");
});

test("a vote counts as given until the streams show it", async () => {
  const { outbox } = start({ phase: "support" });
  outbox.resume();
  outbox.add("vote.set", { question: "5", on: true });
  assert.deepEqual([...outbox.switches("vote.set")], [["5", true]]);
  await tick();
  assert.deepEqual([...outbox.switches("vote.set")], [["5", true]]);
  outbox.seen(0);
  assert.equal(outbox.switches("vote.set").size, 1);
  outbox.seen(1);
  assert.equal(outbox.switches("vote.set").size, 0);
});

test("what another tab sent is forgotten here", () => {
  const drawer = new Drawer(null);
  const { outbox } = start({ drawer });
  const { op } = ask(outbox);
  drawer.removeItem(`dialogi:outbox:ABC/participant/1:${op}`);
  outbox.forgetIfGone(`dialogi:outbox:ABC/participant/1:${op}`);
  assert.deepEqual(outbox.entries, []);
});

test("a browser that forbids storage keeps it in memory", () => {
  const forbidden = {
    get length() {
      throw new DOMException("no");
    },
    getItem() {
      throw new DOMException("no");
    },
    setItem() {
      throw new DOMException("no");
    },
    removeItem() {
      throw new DOMException("no");
    },
  };
  const drawer = new Drawer(forbidden);
  drawer.setItem("a", "1");
  assert.equal(drawer.getItem("a"), "1");
  assert.deepEqual(drawer.keys(), ["a"]);
  drawer.removeItem("a");
  assert.equal(drawer.getItem("a"), null);
});
