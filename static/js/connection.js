// The connection to the server: subscribes, folds deltas into streams, sends commands. The only
// module that knows Socket.IO. What the changes mean on a page lives elsewhere.

import { Streams, fold, judge } from "./state.js";

const ANSWER_MS = 10000;
const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 5000;

// Why a command got no answer: the caller sends it again with the same op.
export class Unanswered extends Error {}

// `io`: Socket.IO's client; `auth`: who connects. `on` may have:
// change(names of the streams that changed), link("connecting" | "online" | "offline"),
// refused(stream or null, error), presence(message).
export class Connection {
  constructor({ io, auth, on, random = Math.random, clock = () => Date.now() }) {
    this.on = on;
    this.random = random;
    this.clock = clock;
    this.streams = new Streams();
    this.offset = 0;
    this.link = "connecting";
    this.followed = new Map();
    this.tries = 0;
    this.retry = null;
    this.trip = Infinity;
    this.socket = io({
      path: "/socket.io",
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      reconnection: false,
      autoConnect: false,
      auth,
    });
    this.socket.on("connect", () => this.connected());
    this.socket.on("disconnect", () => this.lost());
    this.socket.on("connect_error", (error) => this.failed(error));
    this.socket.on("delta", (delta) => this.received(delta));
    this.socket.on("resync", ({ stream }) => this.subscribe(stream));
    this.socket.on("presence", (message) => this.on.presence && this.on.presence(message));
  }

  open() {
    this.socket.connect();
  }

  // Waking up or coming back to the network need not wait for the next try.
  hurry() {
    if (this.link === "online" || this.retry === null) return;
    clearTimeout(this.retry);
    this.retry = null;
    this.open();
  }

  // Seconds since the epoch on the server's clock.
  now() {
    return this.clock() / 1000 + this.offset;
  }

  follow(name) {
    if (this.followed.has(name)) return;
    this.followed.set(name, { asking: null, held: [] });
    if (this.socket.connected) this.subscribe(name);
  }

  unfollow(name) {
    this.followed.delete(name);
    this.streams.drop(name);
  }

  // Every followed stream is as the server last told it.
  get upToDate() {
    if (this.link !== "online") return false;
    return [...this.followed.values()].every((follower) => follower.asking === null);
  }

  // The server's reply, also one that refuses; throws Unanswered.
  async send(command, payload) {
    if (!this.socket.connected) throw new Unanswered("no connection");
    return new Promise((resolve, reject) => {
      this.socket.timeout(ANSWER_MS).emit(command, payload, (error, reply) => {
        if (error || !reply) reject(new Unanswered("no answer"));
        else resolve(reply);
      });
    });
  }

  // --- coming and going

  connected() {
    this.tries = 0;
    for (const name of this.followed.keys()) this.subscribe(name);
    this.say("online");
  }

  lost() {
    for (const follower of this.followed.values()) {
      follower.asking = null;
      follower.held = [];
    }
    this.say("offline");
    this.wait();
  }

  failed(error) {
    if (this.on.refused && error && error.data && error.data.code) this.on.refused(null, error.data);
    this.say("offline");
    this.wait();
  }

  // Jittered all the way, so that a hall does not come back in one moment.
  wait() {
    if (this.retry !== null) return;
    const most = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.tries);
    this.tries += 1;
    this.retry = setTimeout(() => {
      this.retry = null;
      this.open();
    }, most * (0.5 + this.random() / 2));
  }

  say(link) {
    if (this.link === link) return;
    this.link = link;
    this.on.link(link);
  }

  // --- streams

  async subscribe(name) {
    const follower = this.followed.get(name);
    if (!follower || !this.socket.connected) return;
    const turn = {};
    follower.asking = turn;
    const { revision } = this.streams.get(name);
    const sent = this.clock();
    let reply;
    try {
      const known = revision === null ? {} : { revision };
      reply = await this.send("subscribe", { stream: name, ...known });
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      if (this.waitsFor(name, turn)) this.subscribe(name);
      return;
    }
    if (!this.waitsFor(name, turn)) return;
    if (!reply.ok) this.turnedAway(name, turn, reply.error);
    else this.answered(name, follower, reply, sent);
  }

  waitsFor(name, turn) {
    const follower = this.followed.get(name);
    return Boolean(follower) && follower.asking === turn && this.socket.connected;
  }

  turnedAway(name, turn, error) {
    if (["slow_down", "unavailable", "internal"].includes(error.code)) {
      setTimeout(() => this.waitsFor(name, turn) && this.subscribe(name), 500 + this.random() * 1500);
      return;
    }
    this.unfollow(name);
    if (this.on.refused) this.on.refused(name, error);
  }

  answered(name, follower, reply, sent) {
    this.setClock(reply.now, sent);
    this.streams.set(name, fold(this.streams.get(name), reply));
    const held = follower.held;
    follower.asking = null;
    follower.held = [];
    for (const delta of held) this.apply(name, delta);
    this.on.change([name]);
  }

  received(delta) {
    const follower = this.followed.get(delta.stream);
    if (!follower) return;
    if (follower.asking !== null) follower.held.push(delta);
    else if (this.apply(delta.stream, delta)) this.on.change([delta.stream]);
  }

  apply(name, delta) {
    const stream = this.streams.get(name);
    const verdict = judge(stream, delta);
    if (verdict === "applied") this.streams.set(name, fold(stream, delta));
    if (verdict === "gap") this.subscribe(name);
    return verdict === "applied";
  }

  // The quickest round trip tells the server's time best.
  setClock(now, sent) {
    const arrived = this.clock();
    if (typeof now !== "number" || arrived - sent > this.trip) return;
    this.trip = arrived - sent;
    this.offset = now - (sent + arrived) / 2000;
  }
}
