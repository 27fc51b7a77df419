// One's own questions: saved or not, what became of each, changing and taking away.

import { showError, wrongWith } from "./compose.js";
import { LiveList, focusRow, setText } from "./list.js";
import { byId, setUserText, show } from "./page.js";
import { ownRows } from "./questions.js";

const WRITING = ["write", "discuss", "support"];

export class OwnQuestions {
  constructor(page) {
    this.page = page;
    this.fates = null;
    this.list = new LiveList({
      container: byId("own-list"),
      template: byId("own-row"),
      start: (row, id) => this.start(row, id),
      fill: (row, item) => this.fill(row, item),
      home: byId("own-title"),
    });
  }

  draw(phase) {
    const { streams, outbox, connection } = this.page;
    const questions = [...streams.of("me", "question").values()];
    const rows = ownRows(questions, outbox.entries);
    const writing = WRITING.includes(phase);
    const offline = connection.link !== "online";
    this.list.set(
      rows.map((row) => ({
        ...row,
        offline,
        changeable: writing && this.changeable(row),
        rootNumber: row.state === "merged" ? this.rootNumber(row.question) : null,
      })),
    );
    show(byId("own-box"), writing || rows.length > 0);
    show(byId("own-empty"), rows.length === 0);
    this.tellFates(questions);
  }

  // The server decides; this only leaves out buttons that could not work.
  changeable(row) {
    if (!row.question || row.state !== "shown" || row.leaving) return false;
    for (const stream of this.page.streams.byName.values()) {
      const support = stream.entities.support && stream.entities.support.get(row.id);
      if (support && support.people > 1) return false;
    }
    return true;
  }

  rootNumber(question) {
    let root = question;
    while (root && root.merged_into !== null) root = this.page.streams.newest("question", root.merged_into);
    return root ? root.number : null;
  }

  // --- a row

  start(row, id) {
    const on = (name, work) => row.querySelector(name).addEventListener("click", work);
    on(".own__edit", () => this.openForm(row, id));
    on(".own__cancel", () => this.closeForm(row));
    on(".own__withdraw", () => this.askSure(row, true));
    on(".own__no", () => this.askSure(row, false));
    on(".own__yes", () => this.withdraw(row, id));
    on(".own__again", () => this.again(id));
    on(".own__drop", () => this.drop(id));
    row.querySelector("form").addEventListener("submit", (happening) => {
      happening.preventDefault();
      this.saveForm(row, id);
    });
    row.addEventListener("keydown", (happening) => {
      if (happening.key !== "Escape") return;
      if (!row.querySelector("form").hidden) this.closeForm(row);
      if (!row.querySelector(".own__sure").hidden) this.askSure(row, false);
    });
  }

  fill(row, item) {
    const { page } = this;
    const { question } = item;
    const number = row.querySelector(".own__number");
    show(number, Boolean(question));
    if (question) {
      setText(
        number,
        question.number === null
          ? page.text("own.unseen")
          : page.text("own.number", { number: question.number }),
      );
    }
    setUserText(row.querySelector(".question__text"), item.text, question && question.lang);
    for (const of of row.querySelectorAll(".own__of")) setText(of, item.text);
    show(row.querySelector(".own__star"), Boolean(question && question.shortlisted));
    this.fillFate(row, item);
    this.fillSaving(row, item);
    show(row.querySelector(".own__actions"), item.changeable || item.sending === "refused");
    show(row.querySelector(".own__edit"), item.changeable);
    show(row.querySelector(".own__withdraw"), item.changeable);
    if (!item.changeable && !row.querySelector(".own__sure").hidden) show(row.querySelector(".own__sure"), false);
  }

  fillFate(row, { state, question, rootNumber }) {
    const { page } = this;
    let words = "";
    let original = "";
    if (state === "merged") {
      words = rootNumber
        ? page.text("own.merged", { number: rootNumber })
        : page.text("own.mergedElsewhere");
    } else if (state === "hidden") {
      words = question.reason
        ? page.text("own.hiddenReason", { reason: question.reason })
        : page.text("own.hidden");
    }
    if (question && question.original_text && question.original_text !== question.text) {
      original = page.text("own.reworded", { text: question.original_text });
    }
    show(row.querySelector(".own__fate"), Boolean(words));
    setText(row.querySelector(".own__fate-words"), words);
    show(row.querySelector(".own__original"), Boolean(original));
    setText(row.querySelector(".own__original"), original);
  }

  fillSaving(row, { sending, offline, error, question, state }) {
    const { page } = this;
    let words = "";
    if (sending === "waiting") words = page.text(offline ? "saving.offline" : "saving.sending");
    else if (sending === "saved") words = page.text("saving.saved");
    else if (question && state === "shown" && question.number === null) words = page.text("saving.saved");
    setText(row.querySelector(".own__state"), words);
    row.dataset.sending = sending || "";
    const line = row.querySelector(".own__error");
    show(line, Boolean(error));
    setText(line, error ? page.text("saving.refused", { reason: error }) : "");
    show(row.querySelector(".own__again"), sending === "refused" && !question);
    show(row.querySelector(".own__drop"), sending === "refused");
  }

  // --- changing and taking away

  openForm(row, id) {
    this.askSure(row, false, { focus: false });
    const field = row.querySelector(".own__field");
    field.value = this.item(id).text;
    show(row.querySelector("form"), true);
    row.querySelector(".own__edit").setAttribute("aria-expanded", "true");
    showError(field, row.querySelector(".own__form-error"), null);
    field.focus();
  }

  closeForm(row) {
    show(row.querySelector("form"), false);
    const opener = row.querySelector(".own__edit");
    opener.setAttribute("aria-expanded", "false");
    focusRow(opener.hidden ? row : opener);
  }

  saveForm(row, id) {
    const field = row.querySelector(".own__field");
    const wrong = wrongWith(this.page, field.value);
    showError(field, row.querySelector(".own__form-error"), wrong);
    if (wrong) return;
    const item = this.item(id);
    if (item.sending === "refused") this.page.outbox.throwAway(item.op);
    this.closeForm(row);
    if (field.value.trim() !== item.question.text) {
      this.page.send("question.edit", { question: id, text: field.value });
    }
  }

  askSure(row, sure, { focus = true } = {}) {
    if (sure) show(row.querySelector("form"), false);
    const box = row.querySelector(".own__sure");
    if (!sure && box.hidden) return;
    show(box, sure);
    row.querySelector(".own__withdraw").setAttribute("aria-expanded", String(sure));
    if (focus) row.querySelector(sure ? ".own__no" : ".own__withdraw").focus();
  }

  withdraw(row, id) {
    this.askSure(row, false);
    this.page.send("question.withdraw", { question: id });
  }

  again(id) {
    const item = this.item(id);
    const entry = item && this.page.outbox.find(item.op);
    if (!entry) return;
    const field = byId("draft");
    // What the box holds already must not be lost.
    if (field.value.trim()) field.value = `${field.value.trim()} ${entry.payload.text}`;
    else field.value = entry.payload.text;
    field.dispatchEvent(new Event("input"));
    this.page.outbox.throwAway(entry.op);
    field.focus();
  }

  drop(id) {
    const item = this.item(id);
    if (item && item.op) this.page.outbox.throwAway(item.op);
  }

  item(id) {
    return this.list.items.find((item) => item.id === id);
  }

  // --- what became of them, in words for #status

  tellFates(questions) {
    if (this.page.streams.get("me").revision === null) return;
    const before = this.fates;
    this.fates = new Map(questions.map((question) => [question.id, question]));
    if (before === null) return;
    for (const question of questions) {
      const old = before.get(question.id);
      if (old && old !== question) this.tellFate(old, question);
    }
  }

  tellFate(old, now) {
    const { page } = this;
    if (now.state === "withdrawn") return;
    if (old.number === null && now.number !== null) {
      page.announce(page.text("own.nowNumber", { number: now.number }));
    }
    if (old.state !== now.state) {
      const number = now.state === "merged" ? this.rootNumber(now) : null;
      if (now.state === "hidden") page.announce(page.text("own.nowHidden"));
      else if (now.state === "shown") page.announce(page.text("own.nowShown"));
      else if (number) page.announce(page.text("own.nowMerged", { number }));
      else if (now.state === "merged") page.announce(page.text("own.mergedElsewhere"));
    }
    const reworded = now.original_text !== now.text && old.text !== now.text;
    if (reworded) page.announce(page.text("own.nowReworded"));
    if (now.shortlisted && !old.shortlisted) page.announce(page.text("own.nowShortlisted"));
  }
}
