// The part of the lead's board where the list is made, worded, ordered, saved and published.

import { Unanswered } from "./connection.js";
import { LiveList, setText } from "./list.js";
import { ListRow } from "./listrow.js";
import { ListWords } from "./listwords.js";
import { byId, clone, show } from "./page.js";
import { fillOptions } from "./phasebar.js";
import { shortened } from "./staff.js";
import { ListDraft, difference, fromProposal } from "./toplist.js";

const OTHER = { seqpav: "votes", votes: "seqpav" };

export class ListEditor {
  constructor(page) {
    this.page = page;
    this.draft = new ListDraft();
    this.seen = undefined;
    this.proposed = null;
    this.stage = null;
    this.saving = null;
    this.words = new ListWords(page);
    const row = new ListRow(page, this.words, this);
    this.list = new LiveList({
      container: byId("toplist"),
      template: byId("toplist-row"),
      start: (element, key) => row.start(element, key),
      fill: (element, item, before) => row.fill(element, item, before),
      home: byId("toplist-title"),
    });
    const on = (id, work) => byId(id).addEventListener("click", work);
    on("propose", () => this.propose());
    on("toplist-undo", () => this.undo());
    on("toplist-theirs", () => this.takeTheirs());
    on("candidate-add", () => this.add());
    on("toplist-save", () => this.save());
    on("publish-preliminary", () => this.askPublish("preliminary"));
    on("publish-final", () => this.askPublish("final"));
    on("publish-yes", () => this.publish());
    on("publish-no", () => this.closeSure());
  }

  draw() {
    const { streams } = this.page;
    const theirs = streams.of("lead", "toplist").get("draft");
    const event = streams.one("event", "event");
    if (!theirs || !event) return;
    this.meet(theirs);
    this.places = event.places;
    this.drawEntries();
    this.drawCandidates();
    setText(byId("toplist-stage"), this.page.text(`lead.stage.${event.stage || "none"}`));
    show(byId("toplist-undo"), this.draft.past.length > 0);
    show(byId("toplist-elsewhere"), this.theirs !== null && this.theirs !== undefined);
    this.drawState(theirs);
  }

  // --- the server's list and ours

  // A list that somebody else saves replaces ours only when nothing of ours would be lost.
  meet(theirs) {
    if (this.seen === theirs) return;
    const first = this.seen === undefined;
    this.seen = theirs;
    if (this.isOurs(theirs)) {
      this.theirs = null;
      this.draft.changed = this.saving !== null && !this.sameAsSaved(theirs);
      this.saving = null;
    } else if (theirs.settled && (first || !this.draft.changed)) {
      this.draft.load(theirs.rule, theirs.entries, { changed: false });
      this.theirs = null;
    } else if (theirs.settled) {
      this.theirs = theirs;
    } else if (first) {
      this.propose({ quietly: true });
    }
  }

  isOurs(theirs) {
    return this.saving !== null && theirs.settled && JSON.stringify(wire(theirs)) === this.saving;
  }

  sameAsSaved(theirs) {
    return JSON.stringify(wire(theirs)) === JSON.stringify(trimmed(this.draft.payload));
  }

  takeTheirs() {
    if (!this.theirs) return;
    this.draft.remember();
    this.draft.load(this.theirs.rule, this.theirs.entries, { changed: false });
    this.theirs = null;
    this.page.redraw();
    byId("toplist-title").focus();
  }

  undo() {
    this.draft.undo();
    byId("rule").value = this.draft.rule;
    this.page.redraw();
    if (!this.draft.past.length) byId("propose").focus();
  }

  // --- proposals

  async propose({ quietly = false } = {}) {
    const rule = byId("rule").value;
    this.error(null);
    let mine;
    let other;
    try {
      [mine, other] = await Promise.all([this.ask(rule), this.ask(OTHER[rule])]);
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      if (!quietly) this.error(this.page.text("link.offline"));
      return;
    }
    const failed = [mine, other].find((reply) => !reply.ok);
    if (failed) {
      this.error(failed.error.message);
      return;
    }
    if (!quietly) this.draft.remember();
    this.draft.load(rule, fromProposal(mine.toplist), { changed: !quietly });
    this.proposed = { rule, toplist: mine.toplist, audit: mine.audit, other: other.toplist };
    this.drawFacts();
    this.page.redraw();
    if (quietly) return;
    const words = mine.toplist.length
      ? this.page.text("lead.proposal", { n: mine.toplist.length })
      : this.page.text("lead.noCandidates");
    this.page.announce(words);
    if (!mine.toplist.length) this.error(words);
  }

  ask(rule) {
    return this.page.connection.send("toplist.propose", { rule });
  }

  drawFacts() {
    const { page } = this;
    const { rule, toplist, audit, other } = this.proposed;
    show(byId("toplist-facts"), toplist.length > 0);
    const least = audit.represented_by_at_least["1"];
    setText(byId("toplist-audit"), page.text("lead.audit", { n: least, all: audit.people }));
    const { ins, outs } = difference(toplist, other);
    const words = rule === "seqpav" ? "lead.votesOther" : "lead.seqpavOther";
    setText(
      byId("toplist-other"),
      ins.length || outs.length
        ? page.text(words, { ins: this.words.numbers(ins), outs: this.words.numbers(outs) })
        : page.text(rule === "seqpav" ? "lead.votesSame" : "lead.seqpavSame"),
    );
    // A tie with what is not on the list is for a person to decide; others only concern the order.
    const chosen = new Set(toplist.map((entry) => entry.questions[0]));
    const open = toplist.filter((entry) => entry.tied_with.some((id) => !chosen.has(id)));
    byId("toplist-ties").replaceChildren(
      ...open.map((entry) => {
        const row = clone("tie-row");
        row.textContent = this.tieWords(entry);
        return row;
      }),
    );
  }

  tieWords(entry) {
    return this.page.text("lead.tied", {
      place: entry.place,
      number: this.words.number(entry.questions[0]),
      numbers: this.words.numbers(entry.tied_with),
    });
  }

  // --- the entries

  drawEntries() {
    const { entries } = this.draft;
    const support = this.page.streams.of("lead", "support");
    const proposed = new Map(
      (this.proposed ? this.proposed.toplist : []).map((entry) => [entry.questions[0], entry]),
    );
    this.list.set(
      entries.map((entry, at) => ({
        id: entry.key,
        place: at + 1,
        last: at + 1 === entries.length,
        entry,
        proposal: proposed.get(entry.key) || null,
        people: entry.questions.map((id) => (support.get(id) || { people: 0 }).people),
      })),
    );
    byId("toplist-save").disabled = entries.length === 0;
    for (const id of ["publish-preliminary", "publish-final"]) byId(id).disabled = entries.length === 0;
  }

  move(row, key, by) {
    if (!this.draft.move(key, by)) return;
    this.drawEntries();
    const button = row.querySelector(by < 0 ? ".toplist__up" : ".toplist__down");
    const other = row.querySelector(by < 0 ? ".toplist__down" : ".toplist__up");
    (button.disabled ? other : button).focus();
    this.page.announce(this.page.text("lead.movedTo", { place: this.draft.place(key) + 1 }));
    this.page.redraw();
  }

  remove(key) {
    const place = this.draft.place(key) + 1;
    this.draft.remove(key);
    this.page.announce(this.page.text("lead.removedPlace", { place }));
    this.page.redraw();
  }

  // --- candidates

  drawCandidates() {
    const select = byId("candidate");
    if (select === document.activeElement) return;
    const questions = [...this.page.streams.of("lead", "question").values()];
    const options = questions
      .filter(({ id, state }) => state === "shown" && !this.draft.has(id))
      .sort((one, other) => other.shortlisted - one.shortlisted || one.number - other.number)
      .map(({ id, number, text }) => [
        id,
        this.page.text("staff.option", { number, text: shortened(text) }),
      ]);
    fillOptions(select, [["", this.page.text("staff.chooseQuestion")], ...options]);
  }

  add() {
    const select = byId("candidate");
    const question = this.words.question(select.value);
    let wrong = null;
    if (this.draft.entries.length >= this.places) wrong = this.page.text("lead.full", { places: this.places });
    else if (!question) wrong = this.page.text("lead.chooseCandidate");
    else if (this.draft.has(question.id)) wrong = this.page.text("lead.already", { number: question.number });
    show(byId("candidate-error"), Boolean(wrong));
    setText(byId("candidate-error"), wrong || "");
    if (wrong) {
      select.focus();
      return;
    }
    this.draft.add(question);
    const place = this.draft.entries.length;
    this.page.announce(this.page.text("lead.added", { number: question.number, place }));
    this.page.redraw();
  }

  // --- saving and publishing

  save() {
    this.error(null);
    if (this.draft.entries.some((entry) => !entry.text.trim())) {
      this.error(this.page.text("lead.noText"));
      return false;
    }
    const { payload } = this.draft;
    this.saving = JSON.stringify(trimmed(payload));
    this.page.send("toplist.set", payload);
    return true;
  }

  askPublish(stage) {
    this.stage = stage;
    show(byId("publish-sure"), true);
    byId("publish-yes").focus();
  }

  // What is published is what is on the screen: it is saved first.
  publish() {
    const saved = !this.draft.changed && this.seen && this.seen.settled;
    const { stage } = this;
    this.closeSure();
    if (saved || this.save()) this.page.send("toplist.publish", { stage });
  }

  closeSure() {
    show(byId("publish-sure"), false);
    byId(`publish-${this.stage}`).focus();
  }

  drawState(theirs) {
    let words = "lead.unsettled";
    if (this.draft.changed) words = "lead.unsaved";
    else if (theirs.settled && this.sameAsSaved(theirs)) words = "lead.settled";
    setText(byId("toplist-state"), this.page.text(words));
  }

  saved(entry) {
    if (entry.command === "toplist.set") this.page.announce(this.page.text("staff.listSaved"));
    if (entry.command === "toplist.publish") this.page.announce(this.page.text("staff.published"));
  }

  refused(entry, error) {
    if (!entry.command.startsWith("toplist.")) return false;
    this.page.outbox.throwAway(entry.op);
    this.saving = null;
    this.draft.changed = true;
    this.error(error.message);
    return true;
  }

  error(words) {
    show(byId("toplist-error"), Boolean(words));
    setText(byId("toplist-error"), words || "");
  }
}

function wire({ rule, entries }) {
  return trimmed({ rule, entries });
}

// As the server keeps it, so that two lists can be compared.
function trimmed({ rule, entries }) {
  return {
    rule,
    entries: entries.map(({ questions, text, texts, note }) => ({
      questions, text: text.trim(), texts: texts || {}, note: (note || "").trim(),
    })),
  };
}
