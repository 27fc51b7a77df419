// Makes a list fit on a screen that nobody scrolls: smaller signs down to what the back row can
// read, then what does not fit is left out or shown in turn.

const SIZES = [1.25, 1.15, 1.05, 0.95];
const BOX_SIZES = [1, 0.9, 0.8, 0.7, 0.6];

// `rows`: the list's elements; `limit()`: the y below which nothing is seen. Returns how many of the
// rows, counted from `first`, are on the screen now; the others are hidden.
export function fit(list, rows, limit, first = 0) {
  const lowest = limit();
  let fitting = 0;
  for (const size of SIZES) {
    list.style.fontSize = `${size}rem`;
    rows.forEach((row, at) => {
      row.hidden = at < first;
    });
    fitting = rows.slice(first).filter((row) => row.getBoundingClientRect().bottom <= lowest).length;
    if (first + fitting === rows.length) break;
  }
  // One row is shown even if it is longer than the screen.
  fitting = Math.max(1, fitting);
  rows.forEach((row, at) => {
    row.hidden = at < first || at >= first + fitting;
  });
  return fitting;
}

// The same for a box whose sizes follow its own: as large as the screen lets it be.
export function fitBox(box, limit) {
  for (const size of BOX_SIZES) {
    box.style.fontSize = `${size}rem`;
    if (box.getBoundingClientRect().top + box.scrollHeight <= limit()) break;
  }
}
