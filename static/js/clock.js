// Time left: in signs for the eye each second, in words for #status at five minutes, one and the end.

const MARKS = [300, 60, 0];

// Whole seconds until `endsAt`, never below 0; null without a timer.
export function secondsLeft(endsAt, now) {
  return typeof endsAt === "number" ? Math.max(0, Math.ceil(endsAt - now)) : null;
}

// 247 → "4:07", 3727 → "1:02:07"
export function signs(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = two(seconds % 60);
  return hours ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

// The mark that was passed since the last look: 300, 60, 0 or null. A look that comes late, say
// after the phone slept, names the last mark only. A changed timer starts over.
export class Marks {
  constructor() {
    this.endsAt = null;
    this.before = null;
  }

  passed(endsAt, seconds) {
    const before = this.endsAt === endsAt ? this.before : null;
    this.endsAt = endsAt;
    this.before = seconds;
    if (before === null || seconds === null) return null;
    const marks = MARKS.filter((mark) => before > mark && seconds <= mark);
    return marks.length ? marks[marks.length - 1] : null;
  }
}
