// A list of questions to read and to support: the room's, or the shortlist of all rooms.

import { LiveList, setText } from "./list.js";
import { byId, clone, setUserText, show } from "./page.js";
import { clusters, rotated, standing, startingNumber, votingRows } from "./questions.js";

export class VotingList {
  // `name`: the prefix of the ids in the page. `rotate`: each seat starts at another number.
  constructor(page, name, { rotate = false } = {}) {
    this.page = page;
    this.name = name;
    this.rotate = rotate;
    this.startAt = null;
    this.source = null;
    this.voting = false;
    this.list = new LiveList({
      container: byId(name === "plenary" ? "plenary-list" : name),
      template: byId("question-row"),
      start: (row, id) => this.start(row, id),
      fill: (row, item, before) => this.fill(row, item, before),
      waiting: { button: byId(`${name}-new`), words: (n) => page.text("list.new", { n }) },
      successor: (id) => this.rootNow(id),
      home: byId(`${name}-title`),
    });
  }

  // `source`: the stream to show; `voting`: whether support is given and counted now.
  draw(source, me, voting) {
    const { streams, outbox } = this.page;
    if (streams.get(source).revision === null) return;
    const fresh = this.source !== source;
    this.source = source;
    this.voting = voting;
    const own = new Set(streams.of("me", "question").keys());
    const questions = [...streams.of(source, "question").values()];
    let rows = votingRows(clusters(questions.filter(visible)), {
      supports: me.supports,
      votes: outbox.switches("vote.set"),
      own,
      support: streams.of(source, "support"),
    });
    if (this.rotate) rows = this.turned(rows, me);
    const refused = this.refusals();
    this.list.set(
      rows.map((row) => ({
        ...row,
        voting,
        error: refused.get(row.id) || null,
        room: source === "event" ? this.roomName(row.question.room) : null,
      })),
      { fresh },
    );
    setText(byId(`${this.name}-count`), this.page.text("list.count", { n: rows.length }));
    show(byId(`${this.name}-count`), rows.length > 0);
    show(byId(`${this.name}-empty`), rows.length === 0);
  }

  get size() {
    return this.list.items.length;
  }

  get held() {
    return this.list.held;
  }

  // The start stays where it was when the person first saw the list.
  turned(rows, me) {
    if (this.startAt === null && rows.length) this.startAt = startingNumber(rows, me.number);
    return this.startAt === null ? rows : rotated(rows, this.startAt);
  }

  start(row, id) {
    row.querySelector(".question__support").addEventListener("click", () => this.toggle(id));
  }

  fill(row, item, before) {
    const { question, parts } = item;
    const { page } = this;
    setText(row.querySelector(".question__digits"), String(question.number));
    setUserText(row.querySelector(".question__text"), question.text, question.lang);
    const room = row.querySelector(".question__room");
    show(room, Boolean(item.room));
    if (item.room) setText(room, page.text("row.room", { room: item.room }));
    const mine = row.querySelector(".question__mine");
    show(mine, item.mine);
    if (item.mine) setText(mine, page.text(item.own ? "row.mine" : "row.minePart"));
    const note = row.querySelector(".question__note");
    show(note, item.elsewhere);
    if (item.elsewhere) setText(note, page.text("row.elsewhere"));
    if (!before || !sameParts(before.parts, parts)) this.fillParts(row, parts);
    this.fillSupport(row, item);
  }

  fillParts(row, parts) {
    const box = row.querySelector(".question__parts");
    show(box, parts.length > 0);
    setText(box.querySelector("summary"), this.page.text("row.parts", { n: parts.length }));
    box.querySelector("ul").replaceChildren(
      ...parts.map((part) => {
        const line = clone("part-row");
        setText(line.querySelector(".part__number"), this.page.text("number", { number: part.number }));
        setUserText(line.querySelector(".part__text"), part.original_text, part.lang);
        return line;
      }),
    );
  }

  fillSupport(row, item) {
    const { page } = this;
    const button = row.querySelector(".question__support");
    show(row.querySelector(".question__actions"), item.voting);
    show(button, item.voting);
    const people = row.querySelector(".question__people");
    show(people, item.voting);
    if (item.voting) {
      button.setAttribute("aria-pressed", String(item.pressed));
      setText(button.querySelector(".question__of"), page.text("row.ofNumber", { number: item.question.number }));
      setUserText(button.querySelector(".question__what"), item.question.text, item.question.lang);
      setText(people, item.people ? page.text("row.people", { n: item.people }) : page.text("row.nobody"));
    }
    row.dataset.pending = item.pending ? "yes" : "no";
    const error = row.querySelector(".question__error");
    show(error, Boolean(item.error));
    setText(error, item.error || "");
  }

  // Support is taken back from each part that the person stands behind. What the pressed button
  // says counts, not what a later delta may have made of it.
  toggle(id) {
    const { page } = this;
    const item = this.list.items.find((other) => other.id === id);
    if (!item) return;
    this.clearRefusals([item.id, ...item.parts.map((part) => part.id)]);
    const me = page.streams.one("me", "me");
    const stands = standing(me.supports, page.outbox.switches("vote.set"));
    const behind = [item.question, ...item.parts].filter((part) => stands.has(part.id));
    if (behind.length === 0) page.send("vote.set", { question: id, on: true });
    for (const part of behind) page.send("vote.set", { question: part.id, on: false });
  }

  // Refused votes, at their root's row.
  refusals() {
    const refused = new Map();
    for (const entry of this.page.outbox.entries) {
      if (entry.command !== "vote.set" || entry.state !== "refused") continue;
      const id = entry.payload.question;
      refused.set(id, entry.error.message);
      const root = this.rootNow(id);
      if (root) refused.set(root, entry.error.message);
    }
    return refused;
  }

  clearRefusals(ids) {
    const { outbox } = this.page;
    const old = outbox.entries.filter(
      (entry) =>
        entry.command === "vote.set" && entry.state === "refused" && ids.includes(entry.payload.question),
    );
    for (const entry of old) outbox.throwAway(entry.op);
  }

  // Where a question that is no row of its own any more is to be found.
  rootNow(id) {
    const known = this.page.streams.of(this.source, "question");
    let question = known.get(id);
    while (question && question.merged_into !== null && known.has(question.merged_into)) {
      question = known.get(question.merged_into);
    }
    return question && question.id !== id ? question.id : null;
  }

  roomName(id) {
    const room = this.page.streams.of("event", "room").get(id);
    return room ? room.name : null;
  }
}

function visible(question) {
  return question.state === "shown" || question.state === "merged";
}

function sameParts(one, other) {
  return one.length === other.length && one.every((part, at) => part === other[at]);
}
