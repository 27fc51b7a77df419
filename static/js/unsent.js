// What was written for an earlier step: each thing asks whether it is still meant.

import { LiveList, setText } from "./list.js";
import { byId, show } from "./page.js";

export class Unsent {
  constructor(page) {
    this.page = page;
    this.told = 0;
    this.list = new LiveList({
      container: byId("unsent-list"),
      template: byId("unsent-row"),
      start: (row, id) => this.start(row, id),
      fill: (row, item) => {
        setText(row.querySelector(".unsent__what"), item.what);
        show(row.querySelector(".unsent__text"), Boolean(item.text));
        setText(row.querySelector(".unsent__text"), item.text);
      },
      home: byId("phase-name"),
    });
  }

  draw() {
    const { outbox, connection, page } = { ...this.page, page: this.page };
    const asking = outbox.entries.filter((entry) => entry.state === "asking");
    const box = byId("unsent");
    if (asking.length) show(box, true);
    this.list.set(
      asking.map((entry) => ({ id: entry.op, what: this.words(entry), text: entry.payload.text || "" })),
    );
    show(box, asking.length > 0);
    if (asking.length > this.told) page.announce(page.text("unsent.heard"));
    this.told = asking.length;
    this.drawOffline(outbox, connection);
  }

  drawOffline(outbox, connection) {
    const waiting = outbox.entries.filter((entry) => entry.state === "waiting").length;
    const line = byId("offline");
    if (!line) return;
    const offline = connection.link !== "online" && waiting > 0;
    const words = offline
      ? `${this.page.text("saving.offline")} ${this.page.text("saving.waiting", { n: waiting })}`
      : "";
    if (offline && line.hidden) this.page.announce(this.page.text("saving.offline"));
    show(line, offline);
    setText(line, words);
  }

  start(row, op) {
    row.querySelector(".unsent__send").addEventListener("click", () => this.page.outbox.sendNow(op));
    row.querySelector(".unsent__drop").addEventListener("click", () => this.page.outbox.throwAway(op));
  }

  words(entry) {
    const { page } = this;
    const { command, payload } = entry;
    const question = payload.question && page.streams.newest("question", payload.question);
    const values = {
      phase: entry.phase ? page.text(`phase.${entry.phase}`) : "",
      number: question && question.number !== null ? question.number : "",
      target: payload.phase ? page.text(`phase.${payload.phase}`) : "",
    };
    if (command === "vote.set") return page.text(payload.on ? "unsent.vote.on" : "unsent.vote.off", values);
    const key = `unsent.${command}`;
    return page.text(key in page.messages.strings ? key : "unsent.other", values);
  }
}
