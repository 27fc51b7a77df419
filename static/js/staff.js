// The list of questions that facilitators and leads work on: stars, joining, wording, hiding.

import { LiveList, setText } from "./list.js";
import { byId, clone, setUserText, show } from "./page.js";
import { fillOptions } from "./phasebar.js";
import { clusters } from "./questions.js";
import { showError, wrongWith } from "./compose.js";

const CHOICE_LENGTH = 70;

// One row per cluster, for `LiveList`.
export function staffRows(questions, support, { stars, errors, roomName }) {
  return clusters(questions).map(({ root, parts, elsewhere }) => ({
    id: root.id,
    question: root,
    parts,
    elsewhere,
    people: support.has(root.id) ? support.get(root.id).people : 0,
    sides: support.has(root.id) ? support.get(root.id).by_affiliation || null : null,
    starred: stars.has(root.id) ? stars.get(root.id) : root.shortlisted,
    error: [root, ...parts].map(({ id }) => errors.get(id)).find(Boolean) || null,
    room: roomName ? roomName(root.room) : null,
  }));
}

export class StaffList {
  // `stream`: the one with all questions; `roomName(id)`: where rooms are to be named.
  constructor(page, stream, { roomName = null } = {}) {
    this.page = page;
    this.stream = stream;
    this.roomName = roomName;
    this.errors = new Map();
    // What one has brought into the list oneself does not wait to be shown.
    this.brought = new Set();
    this.list = new LiveList({
      container: byId("list"),
      template: byId("staff-row"),
      start: (row, id) => this.start(row, id),
      fill: (row, item, before) => this.fill(row, item, before),
      waiting: { button: byId("list-new"), words: (n) => page.text("list.new", { n }) },
      successor: (id) => this.rootNow(id),
      home: byId("list-title"),
    });
  }

  get rows() {
    const { streams, outbox } = this.page;
    return staffRows(streams.of(this.stream, "question").values(), streams.of(this.stream, "support"), {
      stars: outbox.switches("shortlist.set"),
      errors: this.errors,
      roomName: this.roomName,
    });
  }

  // `rows`: those of `this.rows` to show; `fresh`: they are another choice than before.
  draw(rows, fresh = false) {
    if (this.page.streams.get(this.stream).revision === null) return;
    this.list.set(
      rows.map((row) => (this.brought.has(row.id) ? { ...row, own: true } : row)),
      { fresh },
    );
    show(byId("list-empty"), rows.length === 0);
  }

  // --- outcomes

  saved(entry, reply) {
    const { command, payload } = entry;
    if (command === "question.ask") this.brought.add(reply.question);
    if (command === "question.split") this.brought.add(payload.question);
    const words = this.outcome(command, payload);
    if (words) this.page.announce(words);
  }

  outcome(command, payload) {
    const { page } = this;
    const number = this.number(payload.question);
    switch (command) {
      case "question.ask":
        return page.text("staff.asked");
      case "question.hide":
        return page.text("staff.hidden", { number });
      case "question.restore":
        return page.text("staff.restored", { number });
      case "question.reword":
        return page.text("staff.reworded", { number });
      case "question.split":
        return page.text("staff.split", { number });
      case "question.merge":
        return page.text("staff.merged", {
          number: this.number(payload.questions[0]),
          into: this.number(payload.into),
        });
      case "shortlist.set":
        return page.text(payload.on ? "staff.starred" : "staff.unstarred", { number });
      default:
        return null;
    }
  }

  // Whether the refusal found its row.
  refused(entry, error) {
    const { payload, op } = entry;
    const id = payload.question || (payload.questions && payload.questions[0]);
    if (!id || entry.command === "question.ask") return false;
    this.page.outbox.throwAway(op);
    this.errors.set(id, error.message);
    this.page.redraw();
    return true;
  }

  number(id) {
    const question = this.page.streams.of(this.stream, "question").get(id);
    return question ? question.number : "";
  }

  rootNow(id) {
    const known = this.page.streams.of(this.stream, "question");
    let question = known.get(id);
    while (question && question.merged_into !== null && known.has(question.merged_into)) {
      question = known.get(question.merged_into);
    }
    return question && question.id !== id ? question.id : null;
  }

  // --- a row

  start(row, id) {
    row.querySelector(".staff__star").addEventListener("click", () => {
      const pressed = row.querySelector(".staff__star").getAttribute("aria-pressed") === "true";
      this.send(id, "shortlist.set", { question: id, on: !pressed });
    });
    const more = row.querySelector(".staff__more");
    more.addEventListener("toggle", () => (more.open ? this.openPanel(row, id) : this.closed(row, id)));
    more.addEventListener("keydown", (happening) => {
      if (happening.key === "Escape" && more.open) this.closePanel(row);
    });
  }

  send(id, command, payload) {
    this.errors.delete(id);
    this.page.send(command, payload);
  }

  fill(row, item, before) {
    const { page } = this;
    const { question, parts } = item;
    const hidden = question.state === "hidden";
    setText(row.querySelector(".question__digits"), String(question.number));
    const of = page.text("staff.ofNumber", { number: question.number });
    for (const place of row.querySelectorAll(".staff__of")) setText(place, of);
    setUserText(row.querySelector(".question__text"), question.text, question.lang);
    const room = row.querySelector(".question__room");
    show(room, Boolean(item.room));
    setText(room, item.room || "");
    setText(row.querySelector(".question__people"), this.peopleWords(item));
    const state = row.querySelector(".staff__state");
    show(state, hidden || item.elsewhere);
    setText(state, page.text(hidden ? "staff.hiddenTag" : "staff.mergedTag"));
    const note = row.querySelector(".question__note");
    show(note, hidden && Boolean(question.reason));
    setText(note, question.reason ? page.text("staff.hiddenReason", { reason: question.reason }) : "");
    const original = row.querySelector(".staff__original");
    const reworded = question.original_text !== question.text;
    show(original, reworded);
    setText(original, reworded ? page.text("staff.original", { text: question.original_text }) : "");
    const star = row.querySelector(".staff__star");
    star.setAttribute("aria-pressed", String(item.starred));
    row.classList.toggle("staff--hidden", hidden);
    const error = row.querySelector(".question__error");
    show(error, Boolean(item.error));
    setText(error, item.error || "");
    if (!before || !sameParts(before.parts, parts)) this.fillParts(row, item);
    this.fillPanel(row, item);
  }

  peopleWords({ people, sides }) {
    const { page } = this;
    const words = people ? page.text("row.people", { n: people }) : page.text("row.nobody");
    const split = Object.entries(sides || {}).map(([side, n]) => `${side} ${n}`);
    return split.length ? `${words} (${split.join(", ")})` : words;
  }

  fillParts(row, { parts }) {
    const list = row.querySelector(".staff__parts");
    const focused = list.contains(document.activeElement);
    show(list, parts.length > 0);
    list.replaceChildren(
      ...parts.map((part) => {
        const line = clone("staff-part");
        const of = this.page.text("staff.ofNumber", { number: part.number });
        setText(line.querySelector(".part__number"), this.page.text("number", { number: part.number }));
        setUserText(line.querySelector(".part__text"), part.text, part.lang);
        setText(line.querySelector(".part__of"), of);
        const hidden = part.state === "hidden";
        show(line.querySelector(".part__state"), hidden);
        setText(line.querySelector(".part__state"), hidden ? this.page.text("staff.hiddenTag") : "");
        line.querySelector(".part__split").addEventListener("click", () => {
          this.send(part.id, "question.split", { question: part.id });
        });
        return line;
      }),
    );
    if (focused) row.querySelector(".staff__more summary").focus();
  }

  // --- the panel behind "more…", made when it is first opened

  openPanel(row, id) {
    const more = row.querySelector(".staff__more");
    if (!more.querySelector(".staff__panel")) {
      more.append(clone("staff-panel"));
      this.startPanel(row, id);
      this.closed(row, id);
    }
    const item = this.list.items.find((other) => other.id === id);
    this.fillChoices(more.querySelector(".panel-form__into"), item);
    this.fillPanel(row, item);
  }

  startPanel(row, id) {
    const forms = {
      merge: (form) => this.merge(form, id),
      reword: (form) => this.reword(form, id),
      hide: (form) => this.hide(form, id),
    };
    for (const [name, work] of Object.entries(forms)) {
      const form = row.querySelector(`.panel-form--${name}`);
      form.addEventListener("submit", (happening) => {
        happening.preventDefault();
        if (work(form)) this.closePanel(row);
      });
    }
    row.querySelector(".panel-form__into").addEventListener("focus", (happening) => {
      const item = this.list.items.find((other) => other.id === id);
      if (item) this.fillChoices(happening.target, item);
    });
    row.querySelector(".staff__restore").addEventListener("click", () => {
      this.send(id, "question.restore", { question: id });
      this.closePanel(row);
    });
  }

  // The present wording goes in while the panel is shut: browsers tell that it was opened a moment
  // later, when somebody may have begun to write.
  closed(row, id) {
    const item = this.list.items.find((other) => other.id === id);
    const field = row.querySelector(".panel-form__text");
    if (item && field) field.value = item.question.text;
  }

  fillPanel(row, item) {
    if (!row.querySelector(".staff__panel")) return;
    if (!row.querySelector(".staff__more").open) this.closed(row, item.id);
    const hidden = item.question.state === "hidden";
    show(row.querySelector(".panel-form--merge"), !hidden && !item.elsewhere);
    show(row.querySelector(".panel-form--hide"), !hidden);
    show(row.querySelector(".panel-form--restore"), hidden);
  }

  fillChoices(select, item) {
    const { page } = this;
    const roots = this.rows.filter(
      ({ id, question, elsewhere }) => id !== item.id && !elsewhere && question.state === "shown",
    );
    const options = roots.map(({ id, question, room }) => {
      const text = shortened(question.text);
      return [
        id,
        room
          ? page.text("staff.optionRoom", { number: question.number, room, text })
          : page.text("staff.option", { number: question.number, text }),
      ];
    });
    fillOptions(select, [["", page.text("staff.chooseQuestion")], ...options]);
  }

  merge(form, id) {
    const select = form.querySelector("select");
    const wrong = select.value ? null : this.page.text("staff.chooseRoot");
    showError(select, form.querySelector(".field__error"), wrong);
    if (wrong) return false;
    this.send(id, "question.merge", { into: select.value, questions: [id] });
    return true;
  }

  reword(form, id) {
    const field = form.querySelector("textarea");
    const wrong = wrongWith(this.page, field.value);
    showError(field, form.querySelector(".field__error"), wrong);
    if (wrong) return false;
    this.send(id, "question.reword", { question: id, text: field.value });
    return true;
  }

  hide(form, id) {
    const field = form.querySelector("input");
    const wrong = field.value.trim() ? null : this.page.text("staff.reasonMissing");
    showError(field, form.querySelector(".field__error"), wrong);
    if (wrong) return false;
    this.send(id, "question.hide", { question: id, reason: field.value });
    field.value = "";
    return true;
  }

  closePanel(row) {
    const more = row.querySelector(".staff__more");
    more.open = false;
    more.querySelector("summary").focus();
  }
}

export function shortened(text) {
  const signs = [...text];
  return signs.length > CHOICE_LENGTH ? `${signs.slice(0, CHOICE_LENGTH).join("")}…` : text;
}

function sameParts(one, other) {
  return one.length === other.length && one.every((part, at) => part === other[at]);
}
