// Streams folded by (type, id), pure: a fold makes a new stream and keeps what did not change as the
// very same object, so that whoever draws can compare by identity. No network, no page.

export function emptyStream() {
  return { revision: null, entities: {} };
}

// What became of a delta: "applied", "ignored" (it is known already) or "gap" (one is missing).
export function judge(stream, delta) {
  if (stream.revision === null || delta.after > stream.revision) return "gap";
  return delta.revision <= stream.revision ? "ignored" : "applied";
}

// `message`: a delta, or the answer to `subscribe`, which may be the `whole` stream.
export function fold(stream, message) {
  const before = stream.entities;
  const entities = message.whole ? {} : { ...before };
  const own = new Set();
  for (const change of message.changes) {
    const { type, id } = change;
    if (!own.has(type)) {
      own.add(type);
      entities[type] = new Map(entities[type] || []);
    }
    if (change.gone) entities[type].delete(id);
    else entities[type].set(id, kept(before[type] && before[type].get(id), change));
  }
  return { revision: message.revision, entities };
}

// Several streams by name, and where an entity is in them.
export class Streams {
  constructor() {
    this.byName = new Map();
  }

  get(name) {
    return this.byName.get(name) || emptyStream();
  }

  set(name, stream) {
    this.byName.set(name, stream);
  }

  drop(name) {
    this.byName.delete(name);
  }

  // The entities of a type in one stream: a Map by id.
  of(name, type) {
    return this.get(name).entities[type] || NONE;
  }

  one(name, type) {
    for (const entity of this.of(name, type).values()) return entity;
    return undefined;
  }

  // The newest picture of an entity in whichever stream has it.
  newest(type, id) {
    let found;
    for (const stream of this.byName.values()) {
      const entity = stream.entities[type] && stream.entities[type].get(id);
      if (entity && (!found || (entity.revision || 0) > (found.revision || 0))) found = entity;
    }
    return found;
  }
}

const NONE = new Map();

function kept(before, after) {
  return before && same(before, after) ? before : after;
}

function same(one, other) {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || !one || !other) return false;
  const keys = Object.keys(one);
  if (keys.length !== Object.keys(other).length) return false;
  return keys.every((key) => key in other && same(one[key], other[key]));
}
