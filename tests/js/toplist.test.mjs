// The list as a lead edits it.

import assert from "node:assert/strict";
import test from "node:test";

import { ListDraft, difference, fromProposal } from "../../static/js/toplist.js";

const entry = (id) => ({ questions: [id], text: `q${id}`, texts: {}, note: "" });
const order = (draft) => draft.entries.map(({ key }) => key);

function loaded(...ids) {
  const draft = new ListDraft();
  draft.load("seqpav", ids.map(entry), { changed: false });
  return draft;
}

test("places move up and down, and not over the ends", () => {
  const draft = loaded("1", "2", "3");
  assert.equal(draft.move("3", -1), true);
  assert.deepEqual(order(draft), ["1", "3", "2"]);
  assert.equal(draft.move("1", -1), false);
  assert.equal(draft.move("2", 1), false);
  assert.equal(draft.changed, true);
});

test("each step can be undone, words written meanwhile go with theirs", () => {
  const draft = loaded("1", "2");
  draft.remove("1");
  draft.add({ id: "7", text: "q7" });
  assert.deepEqual(order(draft), ["2", "7"]);
  draft.undo();
  draft.undo();
  draft.undo();
  assert.deepEqual(order(draft), ["1", "2"]);
});

test("what is sent holds the words and notes as they stand", () => {
  const draft = loaded("1");
  draft.write("1", "text", "better");
  draft.write("1", "note", "drawn by lot");
  assert.deepEqual(draft.payload, {
    rule: "seqpav", entries: [{ questions: ["1"], text: "better", texts: {}, note: "drawn by lot" }],
  });
});

test("a proposal keeps its roots, which bring their parts along", () => {
  assert.deepEqual(fromProposal([{ questions: ["1", "5", "6"], text: "a" }])[0].questions, ["1"]);
});

test("what the other rule would choose instead is told by both sides", () => {
  const one = ["1", "2", "3"].map(entry);
  const other = ["3", "4", "1"].map(entry);
  assert.deepEqual(difference(one, other), { ins: ["4"], outs: ["2"] });
});
