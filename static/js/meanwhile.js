// "What is going on?", and what changed while the person looked at another window.

import { secondsLeft, signs } from "./clock.js";
import { setText } from "./list.js";
import { byId, show } from "./page.js";

const AWAY_MS = 30000;

export class Meanwhile {
  constructor(page) {
    this.page = page;
    this.now = { phase: null, list: null, published: null };
    this.left = null;
    byId("going-on").addEventListener("click", () => page.announce(this.story()));
    byId("meanwhile-close").addEventListener("click", () => {
      show(byId("meanwhile"), false);
      byId("phase-name").focus();
    });
    document.addEventListener("visibilitychange", () => this.turned());
  }

  // `list`: the VotingList of the step, if it has one.
  draw(now) {
    this.now = now;
    if (this.left && this.left.back) this.tell();
  }

  story() {
    const { page } = this;
    const { phase, list } = this.now;
    if (!phase) return page.text("link.connecting");
    const words = [`${page.text(`phase.${phase}`)}. ${page.text(`instruction.${phase}`)}`];
    const seconds = secondsLeft(page.place(page.streams).endsAt, page.connection.now());
    if (seconds !== null) words.push(page.text("going.time", { time: signs(seconds) }));
    if (list) {
      words.push(page.text("going.list", { n: list.size }));
      if (list.held) words.push(page.text("going.new", { n: list.held }));
      const me = page.streams.one("me", "me");
      if (list.voting && me) words.push(page.text("going.supports", { n: me.supports.length }));
    }
    const unsent = page.outbox.unsent.length;
    if (unsent) words.push(page.text("going.unsent", { n: unsent }));
    return words.join(" ");
  }

  turned() {
    if (document.hidden) {
      const { phase, list, published } = this.now;
      this.left = { at: Date.now(), phase, size: list ? list.size : 0, published, back: false };
    } else if (this.left && Date.now() - this.left.at >= AWAY_MS) {
      this.left.back = true;
      this.page.redraw();
    } else {
      this.left = null;
    }
  }

  tell() {
    // The streams may still be catching up.
    if (!this.page.connection.upToDate) return;
    const { page, left } = this;
    const { phase, list, published } = this.now;
    this.left = null;
    const words = [];
    if (phase !== left.phase && phase) {
      words.push(page.text("away.phase", { phase: page.text(`phase.${phase}`) }));
    } else if (list && list.size > left.size) {
      words.push(page.text("away.questions", { n: list.size - left.size }));
    }
    if (published && published !== left.published) words.push(page.text("away.list"));
    show(byId("meanwhile"), words.length > 0);
    setText(byId("meanwhile-words"), words.join(" "));
  }
}
