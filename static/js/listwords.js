// How questions are called on the lead's board: by their numbers.

export class ListWords {
  constructor(page) {
    this.page = page;
  }

  question(id) {
    return this.page.streams.of("lead", "question").get(id);
  }

  number(id) {
    const question = this.question(id);
    return question ? question.number : "?";
  }

  // "number 7 and number 12", in the order of the numbers.
  numbers(ids) {
    const { page } = this;
    const numbers = ids.map((id) => this.number(id)).sort((one, other) => one - other);
    const words = numbers.map((number) => page.text("lead.number", { number }));
    if (!words.length) return page.text("lead.noOther");
    if (words.length === 1) return words[0];
    return page.text("and", { some: words.slice(0, -1).join(", "), last: words[words.length - 1] });
  }
}
