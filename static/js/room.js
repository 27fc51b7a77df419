// A participant's room: which sections the step shows, and what they are filled with.

import { Composer } from "./compose.js";
import { Lobby } from "./lobby.js";
import { Meanwhile } from "./meanwhile.js";
import { OwnQuestions } from "./own.js";
import { Page, byId, show } from "./page.js";
import { PublishedList } from "./places.js";
import { setText } from "./list.js";
import { Unsent } from "./unsent.js";
import { VotingList } from "./voting.js";

const WRITING = ["write", "discuss", "support"];
const ROOM_LIST = ["discuss", "support"];
const AGAIN_MS = 2000;

class Room {
  constructor() {
    this.page = new Page({
      streams: ["event", "me"],
      mirror: "me",
      place: (streams) => placeOf(streams),
      draw: () => this.draw(),
      saved: (entry, reply) => this.saved(entry, reply),
      refused: (entry, error) => this.refused(entry, error),
      turnedAway: (name) => this.turnedAway(name),
    });
    const { page } = this;
    this.room = null;
    this.removed = false;
    this.lobby = new Lobby(page);
    this.composer = new Composer(page);
    this.own = new OwnQuestions(page);
    this.roomList = new VotingList(page, "room-list");
    this.plenary = new VotingList(page, "plenary", { rotate: true });
    this.results = new PublishedList(page, "results");
    this.unsent = new Unsent(page);
    this.meanwhile = new Meanwhile(page);
    page.open();
  }

  draw() {
    const { streams } = this.page;
    const me = streams.one("me", "me");
    const event = streams.one("event", "event");
    if (!me || this.drawRemoved(me) || !event) return;
    this.followRoom(me);
    const { phase } = placeOf(streams);
    const room = streams.of("event", "room").get(me.room);
    if (room) setText(byId("place"), room.name);
    this.drawTalk(event, room, phase);
    this.drawSections(phase);
    const list = { discuss: this.roomList, support: this.roomList, plenary: this.plenary }[phase];
    if (phase === "lobby") this.lobby.draw(event);
    if (WRITING.includes(phase)) this.composer.draw(phase);
    if (ROOM_LIST.includes(phase)) this.roomList.draw(`room:${me.room}`, me, phase === "support");
    if (phase === "plenary") this.plenary.draw("event", me, true);
    if (phase === "results") this.results.draw(streams.one("event", "toplist"), event.question);
    this.own.draw(phase);
    this.unsent.draw();
    this.meanwhile.draw({ phase, list, published: streams.one("event", "toplist") });
  }

  // The server ends the old room's subscription; the new one is ours to begin.
  followRoom(me) {
    if (this.room === me.room) return;
    const { connection } = this.page;
    if (this.room !== null) {
      connection.unfollow(`room:${this.room}`);
      const room = this.page.streams.of("event", "room").get(me.room);
      this.page.announce(this.page.text("own.moved", { room: room ? room.name : "" }));
    }
    this.room = me.room;
    connection.follow(`room:${me.room}`);
  }

  // Moved or taken out meanwhile: the stream `me` says which; it alone is never refused to a seat.
  turnedAway(name) {
    if (name !== "event" && !(name || "").startsWith("room:")) return false;
    setTimeout(() => {
      if (this.removed) return;
      this.page.connection.follow("event");
      if (name === `room:${this.room}`) this.room = null;
      this.page.redraw();
    }, AGAIN_MS);
    return true;
  }

  drawRemoved(me) {
    if (me.removed !== this.removed) {
      this.removed = me.removed;
      this.followNothing(me.removed);
      show(byId("gone"), me.removed);
      for (const id of ["steps", "seat", "going-on", "talk"]) show(byId(id), !me.removed);
      if (me.removed) {
        show(byId("unsent"), false);
        setText(byId("phase-name"), this.page.text("gone.title"));
        setText(byId("phase-instruction"), "");
        setText(byId("phase-step"), "");
        show(byId("clock"), false);
        byId("gone-title").focus();
      } else {
        this.page.phaseShown = undefined;
        this.page.redraw();
      }
    }
    return me.removed;
  }

  // The server has ended all subscriptions but one's own; coming back begins them anew.
  followNothing(removed) {
    const { connection } = this.page;
    if (!removed) {
      connection.follow("event");
      return;
    }
    connection.unfollow("event");
    if (this.room !== null) connection.unfollow(`room:${this.room}`);
    this.room = null;
  }

  drawSections(phase) {
    const focused = document.activeElement;
    show(byId("lobby"), phase === "lobby");
    show(byId("room-list-box"), ROOM_LIST.includes(phase));
    show(byId("compose-box"), WRITING.includes(phase));
    show(byId("plenary-box"), phase === "plenary");
    show(byId("results-box"), phase === "results");
    show(byId("to-draft"), ROOM_LIST.includes(phase));
    // A step that ends takes its fields along; the reader goes on at the top.
    if (focused && focused !== document.body && focused.closest("[hidden]")) byId("phase-name").focus();
  }

  drawTalk(event, room, phase) {
    const shared = phase === "plenary" || phase === "results" || !room || !room.video_url;
    const url = shared ? event.video_url : room.video_url;
    const link = byId("talk");
    show(link, Boolean(url) && /^https?:/.test(url));
    if (link.hidden) return;
    if (link.getAttribute("href") !== url) link.href = url;
    let words = "talk.join";
    if (!shared) words = "talk.room";
    else if (phase === "plenary" || phase === "results") words = "talk.event";
    setText(link, this.page.text(words));
  }

  saved(entry, reply) {
    const words = {
      "question.ask": "own.saved",
      "question.edit": "own.edited",
      "question.withdraw": "own.withdrawn",
    }[entry.command];
    if (entry.command === "question.ask") entry.asked = reply.question;
    if (words) this.page.announce(this.page.text(words));
  }

  refused(entry, error) {
    if (entry.command === "question.ask") this.composer.refused(entry, error);
  }
}

function placeOf(streams) {
  const me = streams.one("me", "me");
  const room = me && streams.of("event", "room").get(me.room);
  if (!room) return { phase: null, room: null, endsAt: null };
  return { phase: room.phase, room: room.id, endsAt: room.ends_at };
}

new Room();
