// The published list, place by place: on participants' pages.

import { LiveList, setText } from "./list.js";
import { byId, setUserText, show } from "./page.js";

export class PublishedList {
  // `brief`: one sentence about whom the list represents, for a screen that must hold it all.
  constructor(page, name, { brief = false } = {}) {
    this.page = page;
    this.brief = brief;
    this.name = name;
    this.list = new LiveList({
      container: byId(`${name}-list`),
      template: byId("place-row"),
      fill: (row, item) => this.fill(row, item),
      home: byId(`${name}-title`),
    });
  }

  // `published`: the toplist entity of the stream `event`, or undefined.
  draw(published) {
    const { page } = this;
    const own = new Set(page.streams.of("me", "question").keys());
    const entries = published ? published.entries : [];
    let stage = "list.none";
    if (published) stage = published.stage === "final" ? "list.final" : "list.preliminary";
    setText(byId(`${this.name}-stage`), page.text(stage));
    this.list.set(
      entries.map((entry) => ({
        id: entry.questions[0],
        entry,
        mine: entry.questions.some((id) => own.has(id)),
      })),
    );
    show(byId(`${this.name}-how`), Boolean(published));
    if (!published) return;
    const rule = byId(`${this.name}-rule`);
    if (rule) setText(rule, page.text(`rule.${published.rule}`));
    setText(byId(`${this.name}-audit`), auditWords(page, published.audit, this.brief));
  }

  fill(row, { entry, mine }) {
    const { page } = this;
    const language = document.documentElement.lang;
    setText(row.querySelector(".place__number"), String(entry.place));
    const translated = entry.texts && entry.texts[language];
    setUserText(row.querySelector(".place__text"), translated || entry.text, translated ? language : "");
    const tag = row.querySelector(".place__mine");
    show(tag, mine);
    setText(tag, page.text("list.mine"));
    const note = row.querySelector(".place__note");
    show(note, Boolean(entry.note));
    setText(note, entry.note || "");
    setText(row.querySelector(".place__facts"), factWords(page, entry));
  }
}

// "At least one of theirs": whom the list represents.
export function auditWords(page, audit, brief = false) {
  if (!audit || !audit.represented_by_at_least) return "";
  const { people, represented_by_at_least: least } = audit;
  const first = page.text("list.audit", { n: least["1"], all: people });
  if (brief) return first;
  return [
    first,
    page.text("list.audit2", { n: least["2"] }),
    page.text("list.audit3", { n: least["3"] }),
  ].join(" ");
}

// Rooms and support of a place, also by affiliation where it may be told.
export function factWords(page, { rooms, support, tied_with: tied }) {
  const words = [];
  if (rooms && rooms.length) words.push(page.text("list.rooms", { n: rooms.length, rooms: rooms.join(", ") }));
  if (support) words.push(page.text("list.support", support));
  for (const [side, share] of Object.entries((support && support.by_affiliation) || {})) {
    const eligible = typeof share === "number" ? null : share.eligible;
    if (eligible !== null) words.push(page.text("list.sides", { side, people: share.people, eligible }));
  }
  const numbers = (tied || []).map((id) => numberOf(page, id)).filter((number) => number !== null);
  if (numbers.length) words.push(page.text("list.tied", { numbers: numbers.join(", ") }));
  return words.join(" · ");
}

function numberOf(page, id) {
  const question = page.streams.newest("question", id);
  return question ? question.number : null;
}
