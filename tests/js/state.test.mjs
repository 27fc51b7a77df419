// Folding of streams: what a delta or an answer makes of what is known.

import assert from "node:assert/strict";
import test from "node:test";

import { Streams, emptyStream, fold, judge } from "../../static/js/state.js";

const question = (id, more = {}) => ({ type: "question", id, number: Number(id), revision: 1, ...more });

function stream(...changes) {
  return fold(emptyStream(), { revision: 1, whole: true, changes });
}

test("a whole answer replaces everything, a delta only what it names", () => {
  const before = stream(question("1"), question("2"));
  const after = fold(before, { revision: 2, changes: [question("2", { text: "new" }), { type: "question", id: "1", gone: true }] });
  assert.deepEqual([...after.entities.question.keys()], ["2"]);
  assert.equal(after.revision, 2);
  const whole = fold(after, { revision: 3, whole: true, changes: [question("7")] });
  assert.deepEqual([...whole.entities.question.keys()], ["7"]);
});

test("folding leaves the stream before as it was", () => {
  const before = stream(question("1"));
  fold(before, { revision: 2, changes: [{ type: "question", id: "1", gone: true }] });
  assert.deepEqual([...before.entities.question.keys()], ["1"]);
});

test("what did not change stays the very same object, even in a whole answer", () => {
  const before = stream(question("1", { by: { x: 1 } }), question("2"));
  const after = fold(before, {
    revision: 9, whole: true, changes: [question("1", { by: { x: 1 } }), question("2", { text: "other" })],
  });
  assert.equal(after.entities.question.get("1"), before.entities.question.get("1"));
  assert.notEqual(after.entities.question.get("2"), before.entities.question.get("2"));
});

test("entities of different types with one id are told apart", () => {
  const both = stream(question("1"), { type: "support", id: "1", people: 3 });
  const after = fold(both, { revision: 2, changes: [{ type: "support", id: "1", gone: true }] });
  assert.equal(after.entities.question.size, 1);
  assert.equal(after.entities.support.size, 0);
});

test("a delta is applied, ignored when it is known already, and a gap when one is missing", () => {
  const at5 = { ...emptyStream(), revision: 5 };
  assert.equal(judge(at5, { after: 5, revision: 8 }), "applied");
  assert.equal(judge(at5, { after: 3, revision: 8 }), "applied");
  assert.equal(judge(at5, { after: 2, revision: 5 }), "ignored");
  assert.equal(judge(at5, { after: 6, revision: 8 }), "gap");
  assert.equal(judge(emptyStream(), { after: 0, revision: 1 }), "gap");
});

test("the newest picture of an entity is found in whichever stream has it", () => {
  const streams = new Streams();
  streams.set("event", stream(question("1", { revision: 4, text: "old" })));
  streams.set("me", stream(question("1", { revision: 6, text: "new" })));
  assert.equal(streams.newest("question", "1").text, "new");
  assert.equal(streams.newest("question", "2"), undefined);
  assert.equal(streams.of("nowhere", "question").size, 0);
});
