// From questions, support and one's own unsent things to the rows of a list. Pure.

// Questions gathered with what was merged into them: [{ root, parts, elsewhere }] by number. A part
// whose root is not among `questions` stands alone, `elsewhere`.
export function clusters(questions) {
  const byId = new Map();
  for (const question of questions) byId.set(question.id, question);
  const found = new Map();
  for (const question of byId.values()) {
    const top = topOf(byId, question);
    if (!found.has(top.id)) found.set(top.id, { root: top, parts: [], elsewhere: false });
    if (top !== question) found.get(top.id).parts.push(question);
  }
  const gathered = [...found.values()];
  for (const cluster of gathered) {
    cluster.elsewhere = cluster.root.merged_into !== null && cluster.root.state !== "withdrawn";
    cluster.parts.sort(byNumber);
  }
  return gathered.sort((one, other) => byNumber(one.root, other.root));
}

// What a participant sees of a list of clusters. `supports`: ids the person supports; `votes`: how
// unsent votes will change that; `own`: ids of the person's questions; `support`: Map of support.
export function votingRows(gathered, { supports, votes, own, support }) {
  const stands = standing(supports, votes);
  return gathered.map(({ root, parts, elsewhere }) => {
    const members = [root, ...parts];
    const behind = members.filter((question) => stands.has(question.id)).map(({ id }) => id);
    const count = support.get(root.id);
    return {
      id: root.id,
      question: root,
      parts,
      elsewhere,
      mine: members.some((question) => own.has(question.id)),
      own: own.has(root.id),
      behind,
      pressed: behind.length > 0,
      pending: members.some((question) => votes.has(question.id)),
      people: count ? count.people : 0,
    };
  });
}

export function standing(supports, votes) {
  const stands = new Set(supports);
  for (const [question, on] of votes) {
    if (on) stands.add(question);
    else stands.delete(question);
  }
  return stands;
}

// Everybody starts at another place, so that the first numbers gain nothing by being first. `seat`
// decides where; the order stays that of the numbers, all around.
export function rotated(rows, startAt) {
  const at = rows.findIndex((row) => row.question.number >= startAt);
  return at > 0 ? [...rows.slice(at), ...rows.slice(0, at)] : rows;
}

// Where this seat starts: the number of one of the rows.
export function startingNumber(rows, seat) {
  if (!rows.length) return null;
  // Steps of the golden ratio spread neighbouring seats over the whole list.
  const share = (seat * 0.6180339887498949) % 1;
  return rows[Math.floor(share * rows.length)].question.number;
}

// One's own questions with what is under way: [{ id, question, entry, state }]. Entries: the
// outbox's. `state` is the server's for the question, or the entry's for what it does not have yet.
export function ownRows(questions, entries) {
  const known = new Map();
  for (const question of questions) {
    if (question.state !== "withdrawn") known.set(question.id, question);
  }
  const rows = [];
  for (const question of known.values()) {
    const changes = entries.filter(
      ({ command, payload }) =>
        payload.question === question.id &&
        (command === "question.edit" || command === "question.withdraw"),
    );
    const entry = changes.length ? changes[changes.length - 1] : null;
    const leaving = entry && entry.command === "question.withdraw" && entry.state !== "refused";
    if (leaving && entry.state === "saved") continue;
    const edited = entry && entry.command === "question.edit" && entry.state !== "refused";
    rows.push({
      id: question.id,
      question,
      text: edited ? entry.payload.text : question.text,
      state: question.state,
      leaving: Boolean(leaving),
      sending: entry ? entry.state : null,
      error: entry && entry.error ? entry.error.message : null,
      op: entry ? entry.op : null,
    });
  }
  for (const entry of entries) {
    if (entry.command !== "question.ask" || known.has(entry.asked) || entry.state === "asking") continue;
    rows.push({
      id: entry.op,
      question: null,
      text: entry.payload.text,
      state: null,
      sending: entry.state,
      error: entry.error ? entry.error.message : null,
      op: entry.op,
    });
  }
  return rows;
}

export function codePoints(text) {
  return [...text.normalize("NFC").trim()].length;
}

function topOf(byId, question) {
  let top = question;
  const met = new Set();
  while (top.merged_into !== null && byId.has(top.merged_into) && !met.has(top.id)) {
    met.add(top.id);
    top = byId.get(top.merged_into);
  }
  return top;
}

// What has no number yet comes last, in the order of asking.
export function byNumber(one, other) {
  const a = one.number === null ? Infinity : one.number;
  const b = other.number === null ? Infinity : other.number;
  return a === b ? Number(one.id) - Number(other.id) : a - b;
}
