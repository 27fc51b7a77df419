// Puts the focus on what a page wants read first, such as the summary of a form's errors.

const first = document.querySelector("[data-focus-on-load]") || document.querySelector("[aria-invalid]");
if (first) first.focus();
