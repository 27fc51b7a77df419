// The public results page: when the list is published or changes, the server's own new page takes
// the place of the old one, without a reload. The template stays the only one who draws it.

import { Connection } from "./connection.js";

const AGAIN_MS = 2000;

class Results {
  constructor() {
    const { resultsId, published } = this.box.dataset;
    this.shown = published;
    this.fetching = false;
    this.connection = new Connection({
      io: window.io,
      auth: { event: resultsId, role: "public" },
      on: { change: () => this.look(), link: () => {} },
    });
    this.connection.follow("event");
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.connection.hurry();
    });
    this.connection.open();
  }

  get box() {
    return document.getElementById("results");
  }

  look() {
    const list = this.connection.streams.one("event", "toplist");
    if (!list || this.fetching || Number(this.shown) === list.published) return;
    this.fetching = true;
    this.fetch(list.published);
  }

  // A request that parses the answer itself: the page's policy allows no HTML from scripts.
  fetch(published) {
    const request = new XMLHttpRequest();
    request.open("GET", window.location.href);
    request.responseType = "document";
    request.addEventListener("loadend", () => {
      const fresh = request.response && request.response.getElementById("results");
      this.fetching = false;
      if (fresh) this.replace(document.importNode(fresh, true), published);
      setTimeout(() => this.look(), fresh ? 0 : AGAIN_MS);
    });
    request.send();
  }

  replace(fresh, published) {
    const focused = this.box.contains(document.activeElement);
    this.box.replaceWith(fresh);
    this.shown = published;
    const heading = fresh.querySelector("h1");
    document.getElementById("status").textContent = heading ? fresh.dataset.heard || "" : "";
    if (focused && heading) {
      heading.setAttribute("tabindex", "-1");
      heading.focus();
    }
  }
}

new Results();
