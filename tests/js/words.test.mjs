// Messages and time left.

import assert from "node:assert/strict";
import test from "node:test";

import { Marks, secondsLeft, signs } from "../../static/js/clock.js";
import { Messages } from "../../static/js/messages.js";

test("what counts has its own form for one", () => {
  const messages = new Messages({ new: { one: "{n} uusi", other: "{n} uutta" } }, "fi");
  assert.equal(messages.text("new", { n: 1 }), "1 uusi");
  assert.equal(messages.text("new", { n: 0 }), "0 uutta");
});

test("a place in a text that a person wrote is not filled in", () => {
  const messages = new Messages({ reason: "The reason: {reason}" }, "en");
  assert.equal(messages.text("reason", { reason: "{n} $& {reason}" }), "The reason: {n} $& {reason}");
});

test("a missing word is told to whoever looks, and stops nothing", (t) => {
  const told = t.mock.method(console, "error", () => {});
  assert.equal(new Messages({}, "sv").text("nothing"), "");
  assert.equal(told.mock.callCount(), 1);
});

test("time left is told in minutes and seconds", () => {
  assert.equal(signs(247), "4:07");
  assert.equal(signs(3727), "1:02:07");
  assert.equal(secondsLeft(100.2, 90), 11);
  assert.equal(secondsLeft(90, 100), 0);
  assert.equal(secondsLeft(null, 100), null);
});

test("five minutes, one minute and the end are told once each", () => {
  const marks = new Marks();
  const told = [400, 301, 300, 299, 61, 60, 59, 1, 0, 0].map((left) => marks.passed(1000, left));
  assert.deepEqual(told, [null, null, 300, null, null, 60, null, null, 0, null]);
});

test("a phone that slept hears only the last mark, a new timer starts over", () => {
  const marks = new Marks();
  marks.passed(1000, 400);
  assert.equal(marks.passed(1000, 30), 60);
  assert.equal(marks.passed(2000, 20), null);
  assert.equal(marks.passed(2000, 0), 0);
  assert.equal(marks.passed(null, null), null);
});
