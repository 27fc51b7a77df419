// Who is connected, by room, as the server last told. Pure.

export class Presence {
  constructor() {
    this.rooms = new Map();
  }

  // The wire's `presence`.
  told({ room, connected }) {
    this.rooms.set(room, new Set(connected));
  }

  has(person) {
    const room = this.rooms.get(person.room);
    return Boolean(room) && room.has(person.id);
  }
}
