// The box for a new question: counts, checks, keeps the draft on the device and hands it over.

import { setText } from "./list.js";
import { byId, show } from "./page.js";
import { codePoints } from "./questions.js";
import { deviceStorage } from "./outbox.js";

export const LONGEST = 500;
// Nobody needs a count while there is room enough.
const COUNT_FROM = 100;

// What is wrong with a text, in words, or null.
export function wrongWith(page, text) {
  const length = codePoints(text);
  if (length === 0) return page.text("draft.empty");
  return length > LONGEST ? page.text("draft.tooLong", { n: length - LONGEST }) : null;
}

// Shows or clears an error at its field.
export function showError(field, line, words) {
  show(line, Boolean(words));
  setText(line, words || "");
  if (!words) {
    field.removeAttribute("aria-invalid");
    return;
  }
  field.setAttribute("aria-invalid", "true");
  field.focus();
}

export class Composer {
  constructor(page) {
    this.page = page;
    this.form = byId("compose");
    this.field = byId("draft");
    this.error = byId("draft-error");
    this.storage = deviceStorage();
    const { event, role, seat } = page.data;
    this.key = `dialogi:draft:${event}/${role}/${seat}`;
    if (!this.field.value) this.field.value = this.storage.getItem(this.key) || "";
    this.form.addEventListener("submit", (happening) => {
      happening.preventDefault();
      this.send();
    });
    this.field.addEventListener("input", () => this.typed());
    this.field.addEventListener("keydown", (happening) => {
      if (happening.key === "Enter" && (happening.ctrlKey || happening.metaKey)) {
        happening.preventDefault();
        this.send();
      }
    });
    this.count();
  }

  draw(phase) {
    show(byId("compose-private"), phase === "write");
    show(byId("compose-public"), phase !== "write");
    this.drawState();
  }

  typed() {
    if (!this.error.hidden) showError(this.field, this.error, null);
    this.keepDraft();
    this.count();
  }

  count() {
    const left = LONGEST - codePoints(this.field.value);
    const words = left < 0 ? "draft.over" : "draft.left";
    setText(byId("draft-count"), this.page.text(words, { n: Math.abs(left) }));
    byId("draft-count").dataset.tight = left < COUNT_FROM ? "yes" : "no";
  }

  send() {
    const text = this.field.value;
    const wrong = wrongWith(this.page, text);
    showError(this.field, this.error, wrong);
    if (wrong) {
      this.field.focus();
      return;
    }
    this.page.send("question.ask", { text });
    this.field.value = "";
    this.keepDraft();
    this.count();
    this.field.focus();
  }

  // Back into the box with the reason, unless the person writes the next one already: then it waits
  // among one's own questions.
  refused(entry, error) {
    if (this.field.value.trim() || byId("compose-box").hidden) return;
    this.takeBack(entry, error.message);
  }

  takeBack(entry, words) {
    this.field.value = entry.payload.text;
    this.page.outbox.throwAway(entry.op);
    this.keepDraft();
    this.count();
    showError(this.field, this.error, words);
    this.field.focus();
  }

  drawState() {
    const asks = this.page.outbox.entries.filter(({ command }) => command === "question.ask");
    const waiting = asks.some(({ state }) => state === "waiting");
    let words = "";
    if (waiting) words = this.page.connection.link === "online" ? "saving.sending" : "";
    else if (asks.some(({ state }) => state === "saved")) words = "saving.saved";
    setText(byId("compose-state"), words && this.page.text(words));
  }

  keepDraft() {
    if (this.field.value) this.storage.setItem(this.key, this.field.value);
    else this.storage.removeItem(this.key);
  }
}
