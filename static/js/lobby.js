// The lobby: what the organiser wants everybody to know before the conversation starts.

import { byId, clone, show } from "./page.js";
import { setText } from "./list.js";

export class Lobby {
  constructor() {
    this.event = null;
  }

  draw(event) {
    if (this.event === event) return;
    this.event = event;
    setText(byId("event-question"), event.question);
    texts("rules", event.ground_rules);
    texts("guiding", event.guiding_questions);
    texts("highlights", event.highlights);
    const programme = event.programme || [];
    show(byId("programme-box"), programme.length > 0);
    byId("programme").replaceChildren(
      ...programme.map(({ at, title }) => {
        const row = clone("programme-row");
        row.querySelector(".programme__at").textContent = at;
        row.querySelector(".programme__title").textContent = title;
        return row;
      }),
    );
  }
}

function texts(id, all) {
  const lines = all || [];
  show(byId(`${id}-box`), lines.length > 0);
  byId(id).replaceChildren(
    ...lines.map((line) => {
      const row = clone("text-row");
      row.textContent = line;
      return row;
    }),
  );
}
