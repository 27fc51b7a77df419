// The projector: how to join, the step and the time; in plenary the shortlist as support comes in;
// then the list. Nothing to press.

import { fit, fitBox } from "./fit.js";
import { LiveList, setText } from "./list.js";
import { Page, byId, setUserText, show } from "./page.js";
import { PublishedList } from "./places.js";
import { clusters } from "./questions.js";

// Ranks that jump with every vote cannot be read from the back row.
const SETTLE_MS = 10000;
const MOST_ROWS = 12;
// How long each part of a list that does not fit at once is shown.
const PART_MS = 15000;

class Projector {
  constructor() {
    this.order = [];
    this.settled = 0;
    this.first = 0;
    this.turned = 0;
    this.page = new Page({
      streams: ["event"],
      place: (streams) => {
        const event = streams.one("event", "event");
        return { phase: event ? event.phase : null, room: null, endsAt: event ? event.ends_at : null };
      },
      draw: () => this.draw(),
      second: () => this.draw(),
    });
    this.shortlist = new LiveList({
      container: byId("shortlist"),
      template: byId("shortlist-row"),
      fill: (row, item) => this.fill(row, item),
    });
    this.results = new PublishedList(this.page, "results", { brief: true });
    this.page.open();
  }

  draw() {
    const { streams } = this.page;
    const event = streams.one("event", "event");
    if (!event) return;
    const published = streams.one("event", "toplist");
    const list = event.phase === "results" && Boolean(published);
    const plenary = event.phase === "plenary";
    show(byId("join"), !plenary && !list);
    show(byId("foot"), plenary);
    show(byId("shortlist-box"), plenary);
    show(byId("results-box"), list);
    if (!byId("join").hidden) fitBox(byId("join"), lowest);
    if (plenary) this.drawShortlist();
    if (list) this.drawResults(published);
  }

  drawShortlist() {
    const { streams } = this.page;
    const support = streams.of("event", "support");
    const rows = clusters(streams.of("event", "question").values()).map(({ root }) => ({
      id: root.id,
      question: root,
      people: support.has(root.id) ? support.get(root.id).people : 0,
    }));
    const now = Date.now();
    if (now - this.settled >= SETTLE_MS) {
      this.settled = now;
      this.order = [...rows].sort((one, other) => other.people - one.people).map(({ id }) => id);
    }
    const known = new Map(rows.map((row) => [row.id, row]));
    const placed = new Set(this.order);
    const ordered = [
      ...this.order.filter((id) => known.has(id)).map((id) => known.get(id)),
      ...rows.filter((row) => !placed.has(row.id)),
    ];
    this.shortlist.set(ordered.slice(0, MOST_ROWS));
    const box = byId("shortlist");
    // Its line needs its place before it is known how many are left out.
    const line = byId("shortlist-more");
    setText(line, this.page.text("present.more", { n: ordered.length }));
    show(line, true);
    const limit = () => lowest() - byId("foot").offsetHeight - line.offsetHeight;
    const shown = fit(box, [...box.children], limit);
    const more = ordered.length - shown;
    show(line, more > 0);
    if (more > 0) setText(line, this.page.text("present.more", { n: more }));
  }

  // All places at once where they fit, else one part after the other.
  drawResults(published) {
    this.results.draw(published);
    const box = byId("results-list");
    const rows = [...box.children];
    if (this.first >= rows.length) this.first = 0;
    const limit = () => lowest() - byId("results-how").offsetHeight;
    const shown = fit(box, rows, limit, this.first);
    const now = Date.now();
    if (!this.turned) this.turned = now;
    if (shown === rows.length || now - this.turned < PART_MS) return;
    this.turned = now;
    this.first = this.first + shown < rows.length ? this.first + shown : 0;
  }

  fill(row, { question, people }) {
    setText(row.querySelector("b"), String(question.number));
    setUserText(row.querySelector(".shown__text"), question.text, question.lang);
    setText(row.querySelector(".shown__people"), this.page.text("present.support", { n: people }));
  }
}

// Where the page's content has to end, so that nobody needs to scroll.
function lowest() {
  return window.innerHeight - parseFloat(getComputedStyle(document.querySelector("main")).paddingBottom);
}

new Projector();
