// The list as a lead edits it, with undo; and what two proposals differ in. Pure.

const MOST_UNDO = 50;

// `entries`: [{ key, questions, text, texts, note }]; `key` stays with an entry wherever it moves.
export class ListDraft {
  constructor() {
    this.entries = [];
    this.rule = "seqpav";
    this.changed = false;
    this.past = [];
  }

  // What the server has: the saved list or a fresh proposal.
  load(rule, entries, { changed }) {
    this.entries = entries.map((entry) => ({
      key: entry.questions[0],
      questions: entry.questions,
      text: entry.text,
      texts: entry.texts || {},
      note: entry.note || "",
    }));
    this.rule = rule;
    this.changed = changed;
  }

  move(key, by) {
    const from = this.place(key);
    const to = from + by;
    if (from < 0 || to < 0 || to >= this.entries.length) return false;
    this.remember();
    const entries = [...this.entries];
    entries.splice(to, 0, ...entries.splice(from, 1));
    this.entries = entries;
    return true;
  }

  remove(key) {
    this.remember();
    this.entries = this.entries.filter((entry) => entry.key !== key);
  }

  add(question) {
    this.remember();
    const { id, text } = question;
    this.entries = [...this.entries, { key: id, questions: [id], text, texts: {}, note: "" }];
  }

  write(key, field, words) {
    this.entries = this.entries.map((entry) => (entry.key === key ? { ...entry, [field]: words } : entry));
    this.changed = true;
  }

  undo() {
    const before = this.past.pop();
    if (!before) return;
    Object.assign(this, before);
    this.changed = true;
  }

  // Called before anything that `undo` should take back.
  remember() {
    this.past.push({ entries: this.entries, rule: this.rule });
    if (this.past.length > MOST_UNDO) this.past.shift();
    this.changed = true;
  }

  place(key) {
    return this.entries.findIndex((entry) => entry.key === key);
  }

  has(id) {
    return this.entries.some((entry) => entry.questions.includes(id));
  }

  // For `toplist.set`.
  get payload() {
    return {
      rule: this.rule,
      entries: this.entries.map(({ questions, text, texts, note }) => ({ questions, text, texts, note })),
    };
  }
}

// A proposal names a question's parts too; the list keeps the root, which brings its parts along
// whatever is joined or split later.
export function fromProposal(entries) {
  return entries.map((entry) => ({ ...entry, questions: entry.questions.slice(0, 1) }));
}

// What `other` would choose instead: { ins, outs } as ids.
export function difference(one, other) {
  const chosen = new Set(one.map((entry) => entry.questions[0]));
  const others = new Set(other.map((entry) => entry.questions[0]));
  return {
    ins: [...others].filter((id) => !chosen.has(id)),
    outs: [...chosen].filter((id) => !others.has(id)),
  };
}
