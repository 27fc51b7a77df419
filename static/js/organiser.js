// The organiser's page: how the event goes at this moment. It changes nothing.

import { Page } from "./page.js";
import { Presence } from "./presence.js";
import { RoomsTable } from "./rooms.js";

class Organiser {
  constructor() {
    this.presence = new Presence();
    this.page = new Page({
      streams: ["event", "lead"],
      place: (streams) => {
        const event = streams.one("event", "event");
        return { phase: event ? event.phase : null, room: null, endsAt: event ? event.ends_at : null };
      },
      draw: () => this.draw(),
      presence: (message) => {
        this.presence.told(message);
        this.page.redraw();
      },
      second: () => this.rooms.second(),
    });
    this.rooms = new RoomsTable(this.page, this.presence);
    this.page.open();
  }

  draw() {
    if (this.page.streams.get("lead").revision !== null) this.rooms.draw();
  }
}

new Organiser();
