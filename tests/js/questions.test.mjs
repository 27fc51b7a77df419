// From questions to the rows of a list: clusters, support, one's own.

import assert from "node:assert/strict";
import test from "node:test";

import {
  clusters, codePoints, ownRows, rotated, startingNumber, votingRows,
} from "../../static/js/questions.js";

function question(id, more = {}) {
  return {
    type: "question", id: String(id), number: id, room: "1", text: `q${id}`, original_text: `q${id}`,
    lang: "en", state: "shown", merged_into: null, shortlisted: false, ...more,
  };
}

const merged = (id, into, more) => question(id, { state: "merged", merged_into: String(into), ...more });
const shape = (gathered) => gathered.map(({ root, parts }) => [root.id, ...parts.map(({ id }) => id)]);

function rows(questions, { supports = [], votes = [], own = [], support = [] } = {}) {
  return votingRows(clusters(questions), {
    supports, votes: new Map(votes), own: new Set(own), support: new Map(support),
  });
}

test("questions come by number, with what was merged into them, also through others", () => {
  const found = clusters([question(9), merged(3, 5), merged(7, 3), question(5)]);
  assert.deepEqual(shape(found), [["5", "3", "7"], ["9"]]);
});

test("what was merged into a question of another room stands alone and says so", () => {
  const found = clusters([merged(3, 99), merged(4, 3)]);
  assert.deepEqual(shape(found), [["3", "4"]]);
  assert.equal(found[0].elsewhere, true);
});

test("a circle of merges, which cannot be, does not hang the page", () => {
  assert.equal(clusters([merged(1, 2), merged(2, 1)]).length > 0, true);
});

test("one supports a cluster through any of its parts, and takes back from each of them", () => {
  const [row] = rows([question(1), merged(2, 1), merged(3, 1)], { supports: ["2", "3"] });
  assert.equal(row.pressed, true);
  assert.deepEqual(row.behind, ["2", "3"]);
});

test("unsent votes are shown as they will stand", () => {
  const [one, two] = rows([question(1), question(2)], { supports: ["1"], votes: [["1", false], ["2", true]] });
  assert.equal(one.pressed, false);
  assert.equal(two.pressed, true);
  assert.equal(two.pending, true);
});

test("the count is the root's, and one's own part is marked", () => {
  const [row] = rows([question(1), merged(2, 1)], { own: ["2"], support: [["1", { people: 4 }], ["2", { people: 1 }]] });
  assert.equal(row.people, 4);
  assert.equal(row.mine, true);
  assert.equal(row.own, false);
});

test("each seat starts the shortlist at another number and sees all of it", () => {
  const all = rows([question(1), question(4), question(6), question(8)]);
  const starts = new Set([1, 2, 3, 4, 5].map((seat) => startingNumber(all, seat)));
  assert.ok(starts.size > 2);
  assert.deepEqual(rotated(all, 6).map(({ id }) => id), ["6", "8", "1", "4"]);
  assert.deepEqual(rotated(all, 1).map(({ id }) => id), ["1", "4", "6", "8"]);
  assert.equal(startingNumber([], 3), null);
});

const ask = (op, state, more = {}) => ({ op, command: "question.ask", payload: { text: op }, state, ...more });

test("an own question is one row while it is sent, saved and seen", () => {
  assert.deepEqual(ownRows([], [ask("a", "waiting")]).map(({ id, sending }) => [id, sending]), [["a", "waiting"]]);
  assert.deepEqual(ownRows([], [ask("a", "saved", { asked: "5" })]).map(({ id }) => id), ["a"]);
  assert.deepEqual(ownRows([question(5)], [ask("a", "saved", { asked: "5" })]).map(({ id }) => id), ["5"]);
});

test("what asks whether it is still meant is not among one's own questions yet", () => {
  assert.deepEqual(ownRows([], [ask("a", "asking")]), []);
});

test("a refused text is kept with its reason", () => {
  const [row] = ownRows([], [ask("a", "refused", { error: { message: "no" } })]);
  assert.equal(row.error, "no");
  assert.equal(row.text, "a");
});

test("an edit under way shows the new words, a refused one the old", () => {
  const edit = (state) => ({
    op: "e", command: "question.edit", payload: { question: "5", text: "new" }, state,
    error: state === "refused" ? { message: "no" } : undefined,
  });
  assert.equal(ownRows([question(5)], [edit("waiting")])[0].text, "new");
  assert.equal(ownRows([question(5)], [edit("refused")])[0].text, "q5");
});

test("what was taken away is not shown, and one that could not be is", () => {
  const withdraw = (state) => ({ op: "w", command: "question.withdraw", payload: { question: "5" }, state });
  assert.deepEqual(ownRows([question(5, { state: "withdrawn" })], []), []);
  assert.deepEqual(ownRows([question(5)], [withdraw("saved")]), []);
  assert.equal(ownRows([question(5)], [withdraw("refused")]).length, 1);
});

test("length is counted in code points, as the server does", () => {
  assert.equal(codePoints("  👍🏽é  "), 3);
  assert.equal(codePoints("e\u0301"), 1);
});
