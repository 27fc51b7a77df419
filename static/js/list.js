// Keyed rows of one list, made from a <template>. The order is frozen while somebody reads: rows
// are updated where they stand, new ones wait behind a button, and the focused row is never moved.

export class LiveList {
  // `container`: the <ol>. `template`: its <template>, with one root element. `start(row, id)` may
  // add listeners to a fresh row; `fill(row, item, before)` shows an item in its row. `waiting`:
  // { button, words(n) }: without it new rows show at once. `successor(id)`: the id of the row that
  // takes the focus when this one goes away. `home`: takes it when no row is left.
  constructor({ container, template, start, fill, waiting, successor, home }) {
    this.container = container;
    this.template = template;
    this.start = start || (() => {});
    this.fill = fill;
    this.waiting = waiting || null;
    this.successor = successor || (() => null);
    this.home = home || null;
    this.rows = new Map();
    this.items = [];
    this.shown = null;
    this.touched = 0;
    if (this.waiting) this.waiting.button.addEventListener("click", () => this.showAll());
  }

  // `items`: all there are, in the list's order, each with an `id`. An item with `own: true` is the
  // person's doing and does not wait. `fresh`: another list from here on, so that nothing waits.
  set(items, { fresh = false } = {}) {
    this.items = items;
    // An empty list has no place to lose: what comes into it shows at once.
    if (!this.shown || !this.shown.size || fresh || !this.waiting) this.shown = new Set(ids(items));
    const present = new Set(ids(items));
    for (const item of items) if (item.own) this.shown.add(item.id);
    for (const id of [...this.shown]) if (!present.has(id)) this.shown.delete(id);
    this.draw();
  }

  // How many rows wait behind the button.
  get held() {
    return this.items.length - this.shown.size;
  }

  row(id) {
    return this.rows.get(id);
  }

  showAll() {
    const first = this.items.find((item) => !this.shown.has(item.id));
    this.shown = new Set(ids(this.items));
    this.draw();
    if (first) focusRow(this.rows.get(first.id));
  }

  // --- inside

  draw() {
    const items = this.items.filter((item) => this.shown.has(item.id));
    const wanted = new Set(ids(items));
    const place = readingPlace(this.container);
    this.removeGone(wanted);
    this.put(items);
    place();
    this.showHeld();
  }

  removeGone(wanted) {
    for (const [id, row] of [...this.rows]) {
      if (wanted.has(id)) continue;
      const focused = row.contains(document.activeElement);
      const next = focused ? this.heir(id, row, wanted) : null;
      row.remove();
      this.rows.delete(id);
      if (focused && next) focusRow(next);
    }
  }

  heir(id, row, wanted) {
    const successor = this.rows.get(this.successor(id));
    if (successor && successor !== row) return successor;
    for (const way of ["nextElementSibling", "previousElementSibling"]) {
      let other = row[way];
      while (other && !wanted.has(other.dataset.id)) other = other[way];
      if (other) return other;
    }
    return this.home;
  }

  // Rows that stand in the right order already stay untouched; of the others, all but the focused
  // one are put around it.
  put(items) {
    const focused = document.activeElement;
    let after = null;
    for (const item of items) {
      let row = this.rows.get(item.id);
      if (!row) row = this.make(item);
      else this.refresh(row, item);
      const next = after ? after.nextElementSibling : this.container.firstElementChild;
      if (next !== row) {
        if (row.contains(focused)) this.clearUpTo(row, after);
        else this.container.insertBefore(row, next);
      }
      after = row;
    }
  }

  // What stands between `after` and the focused row comes later in the order: it goes behind.
  clearUpTo(row, after) {
    let between = after ? after.nextElementSibling : this.container.firstElementChild;
    while (between && between !== row) {
      const next = between.nextElementSibling;
      this.container.append(between);
      between = next;
    }
  }

  make(item) {
    const row = this.template.content.firstElementChild.cloneNode(true);
    row.dataset.id = item.id;
    this.rows.set(item.id, row);
    this.start(row, item.id);
    this.fill(row, item, null);
    row.item = item;
    this.touched += 1;
    return row;
  }

  refresh(row, item) {
    const before = row.item;
    if (alike(before, item)) return;
    row.item = item;
    const focused = document.activeElement;
    this.fill(row, item, before);
    // A control that went away must not take the reader's place along.
    if (row.contains(focused) && focused.closest("[hidden]")) focusRow(row);
    this.touched += 1;
  }

  showHeld() {
    if (!this.waiting) return;
    const { button, words } = this.waiting;
    const { held } = this;
    button.hidden = held === 0;
    if (held > 0) setText(button, words(held));
  }
}

// Writes only what differs: an untouched text node keeps selections and does not disturb readers.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Focus goes to a row as a whole when there is no better place in it.
export function focusRow(element) {
  if (!element) return;
  if (!element.hasAttribute("tabindex") && !element.matches("button, a, input, select, textarea, summary")) {
    element.setAttribute("tabindex", "-1");
  }
  element.focus();
}

// The same entities and values, compared by identity; arrays by their members.
export function alike(one, other) {
  const keys = Object.keys(one);
  if (keys.length !== Object.keys(other).length) return false;
  return keys.every((key) => {
    const a = one[key];
    const b = other[key];
    if (Array.isArray(a) && Array.isArray(b)) {
      return a.length === b.length && a.every((member, at) => member === b[at]);
    }
    return a === b;
  });
}

function ids(items) {
  return items.map((item) => item.id);
}

// Browsers without scroll anchoring would let the text jump when a row above goes away.
function readingPlace(container) {
  if (window.CSS && CSS.supports("overflow-anchor", "auto")) return () => {};
  const edge = [...container.children].find((row) => row.getBoundingClientRect().bottom > 0);
  if (!edge) return () => {};
  const top = edge.getBoundingClientRect().top;
  return () => {
    if (edge.isConnected) window.scrollBy(0, edge.getBoundingClientRect().top - top);
  };
}
