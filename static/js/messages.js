// The page's translated strings: a JSON block that the template fills. A string may have {places};
// one that counts has a form for each plural category.

export class Messages {
  // `strings`: key → text, or key → { one, other }. `lang`: the language they are in.
  constructor(strings, lang) {
    this.strings = strings;
    this.rules = new Intl.PluralRules(lang);
  }

  text(key, values = {}) {
    const found = this.strings[key];
    if (found === undefined) {
      // A missing word must not stop the page; tests look for this.
      console.error(`no message "${key}"`);
      return "";
    }
    const text = typeof found === "string" ? found : this.form(found, values.n);
    return text.replace(/\{(\w+)\}/g, (place, name) => (name in values ? String(values[name]) : place));
  }

  form(forms, n) {
    const form = forms[this.rules.select(n)];
    return form === undefined ? forms.other : form;
  }
}

// The strings of this page.
export function pageMessages() {
  const block = document.getElementById("messages");
  return new Messages(JSON.parse(block.textContent), document.documentElement.lang);
}
