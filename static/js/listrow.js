// A place of the list on the lead's board: its wording, a note, a tie, and the original wordings.

import { alike, setText } from "./list.js";
import { clone, setUserText, show } from "./page.js";

export class ListRow {
  // `editor`: has the draft, and move(row, key, by) and remove(key).
  constructor(page, words, editor) {
    this.page = page;
    this.words = words;
    this.editor = editor;
  }

  start(row, key) {
    const { editor } = this;
    const on = (name, work) => row.querySelector(name).addEventListener("click", work);
    on(".toplist__up", () => editor.move(row, key, -1));
    on(".toplist__down", () => editor.move(row, key, 1));
    on(".toplist__drop", () => editor.remove(key));
    for (const field of ["text", "note"]) {
      row.querySelector(`.toplist__${field}`).addEventListener("input", (happening) => {
        editor.draft.write(key, field, happening.target.value);
        grow(happening.target);
        this.page.redraw();
      });
    }
  }

  fill(row, item, before) {
    const { page } = this;
    const { place, entry, proposal, last } = item;
    const text = (name, words) => setText(row.querySelector(name), words);
    text(".place__number", String(place));
    text(".toplist__from", this.fromWords(item));
    text(".toplist__wording-label", page.text("lead.wording", { place }));
    text(".toplist__note-label", page.text("lead.note", { place }));
    for (const of of row.querySelectorAll(".toplist__of")) setText(of, page.text("lead.ofPlace", { place }));
    fillField(row.querySelector(".toplist__text"), entry.text);
    fillField(row.querySelector(".toplist__note"), entry.note);
    if (!before) this.label(row, entry.key);
    row.querySelector(".toplist__up").disabled = place === 1;
    row.querySelector(".toplist__down").disabled = last;
    const tied = Boolean(proposal) && proposal.tied_with.length > 0;
    show(row.querySelector(".toplist__tie"), tied);
    text(".toplist__tie", tied ? page.text("lead.tiedShort", { numbers: this.words.numbers(proposal.tied_with) }) : "");
    if (!before || !alike(before.entry.questions, entry.questions)) this.fillOriginals(row, entry);
  }

  // Labels and fields need ids of their own in each row.
  label(row, key) {
    for (const [label, field] of [["wording-label", "text"], ["note-label", "note"]]) {
      const id = `toplist-${field}-${key}`;
      row.querySelector(`.toplist__${field}`).id = id;
      row.querySelector(`.toplist__${label}`).htmlFor = id;
    }
  }

  fromWords({ entry, proposal, people }) {
    const { page } = this;
    const rooms = page.streams.of("lead", "room");
    const words = entry.questions.map((id) => {
      const question = this.words.question(id);
      if (!question) return "";
      const room = rooms.get(question.room);
      return page.text("lead.from", { number: question.number, room: room ? room.name : "" });
    });
    if (proposal) words.push(page.text("lead.eligible", proposal.support));
    else if (people.length === 1) words.push(page.text("lead.behind", { n: people[0] }));
    const sides = Object.entries((proposal && proposal.support.by_affiliation) || {});
    for (const [side, share] of sides) words.push(page.text("list.sides", { side, ...share }));
    return words.join(" · ");
  }

  fillOriginals(row, entry) {
    const all = [...this.page.streams.of("lead", "question").values()];
    const wanted = new Set(entry.questions);
    let size = 0;
    // Parts of parts are found in as many rounds as the chain is long.
    while (wanted.size > size) {
      size = wanted.size;
      for (const question of all) if (wanted.has(question.merged_into)) wanted.add(question.id);
    }
    const originals = all.filter((question) => wanted.has(question.id));
    row.querySelector(".toplist__originals ul").replaceChildren(
      ...originals.map((question) => {
        const line = clone("original-row");
        setText(line.querySelector(".part__number"), this.page.text("number", { number: question.number }));
        setUserText(line.querySelector(".part__text"), question.original_text, question.lang);
        return line;
      }),
    );
  }
}

// What somebody is typing is never overwritten.
function fillField(field, words) {
  if (field !== document.activeElement && field.value !== words) field.value = words;
  grow(field);
}

// A wording is read as a whole, also on a phone.
function grow(field) {
  if (field.tagName !== "TEXTAREA") return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`;
}
