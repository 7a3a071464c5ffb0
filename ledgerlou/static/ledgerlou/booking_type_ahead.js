// A text field that offers choices below it (the combobox pattern of ARIA 1.2). One list serves all fields of a page.

let serial = 0;

export class TypeAhead {
  // `find(text, field)` answers with choices {value, label, note}, at once or later; `picked(field, choice)` is told which one was taken,
  // `onward(field)` that Enter took it. Enter before the answer has come takes the first choice when it comes, unless `isDone(text)`.
  constructor({ find, picked, onward, isDone = () => true, label, moment = 60 }) {
    Object.assign(this, { find, picked, onward, isDone, moment, field: null, choices: [], at: -1, asked: 0, timer: 0, waiting: null });
    serial += 1;
    this.list = document.createElement("ul");
    this.list.className = "bg-choices";
    this.list.id = `bg-choices-${serial}`;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", label);
    this.list.hidden = true;
    document.body.append(this.list);
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault(); // the field keeps the focus
      const item = event.target.closest("li");
      if (item) this.take(Number(item.dataset.at));
    });
    window.addEventListener("scroll", () => this.place(), { passive: true, capture: true });
    window.addEventListener("resize", () => this.place(), { passive: true });
  }

  get isOpen() {
    return !this.list.hidden;
  }

  attach(field) {
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-expanded", "false");
    field.setAttribute("aria-controls", this.list.id);
    field.removeAttribute("list");
    field.addEventListener("input", () => this.ask(field));
    field.addEventListener("blur", () => this.close());
    field.addEventListener("keydown", (event) => this.key(event, field));
  }

  ask(field) {
    window.clearTimeout(this.timer);
    this.asked += 1;
    const question = this.asked;
    const text = field.value.trim();
    if (!text) return this.close();
    if (!this.moment) return this.open(field, this.find(text, field));
    this.waiting = { field, takes: false };
    this.timer = window.setTimeout(async () => {
      const choices = await this.find(text, field);
      if (question !== this.asked || document.activeElement !== field) return;
      const { takes } = this.waiting;
      this.waiting = null;
      this.open(field, choices);
      if (takes && choices.length) this.takeAndGo(0);
    }, this.moment);
    return undefined;
  }

  open(field, choices) {
    if (!choices.length) return this.close();
    Object.assign(this, { field, choices, at: 0 });
    this.list.replaceChildren(...choices.map((choice, at) => this.item(choice, at)));
    this.list.hidden = false;
    field.setAttribute("aria-expanded", "true");
    this.place();
    this.mark();
    return undefined;
  }

  close() {
    window.clearTimeout(this.timer);
    this.asked += 1;
    this.waiting = null;
    this.list.hidden = true;
    this.list.replaceChildren();
    this.field?.setAttribute("aria-expanded", "false");
    this.field?.removeAttribute("aria-activedescendant");
    this.field = null;
  }

  item(choice, at) {
    const item = document.createElement("li");
    item.id = `${this.list.id}-${at}`;
    item.dataset.at = at;
    item.setAttribute("role", "option");
    for (const [tag, text] of [["b", choice.value], ["span", choice.label], ["small", choice.note || ""]]) {
      const part = document.createElement(tag);
      part.textContent = text;
      item.append(part);
    }
    return item;
  }

  place() {
    if (!this.isOpen || !this.field) return;
    const box = this.field.getBoundingClientRect();
    const below = window.innerHeight - box.bottom;
    this.list.style.left = `${Math.max(4, Math.min(box.left, window.innerWidth - this.list.offsetWidth - 8))}px`;
    if (below < this.list.offsetHeight && box.top > below) {
      this.list.style.top = `${box.top - this.list.offsetHeight - 2}px`;
    } else {
      this.list.style.top = `${box.bottom + 2}px`;
    }
  }

  mark() {
    [...this.list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === this.at)));
    const item = this.list.children[this.at];
    this.field.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  }

  take(at) {
    const { field } = this;
    const choice = this.choices[at];
    field.value = choice.value;
    this.close();
    this.picked(field, choice);
  }

  takeAndGo(at) {
    const { field } = this;
    this.take(at);
    this.onward(field);
  }

  // Arrows choose, Enter and Tab take, Escape closes. A key that was used here goes no further.
  key(event, field) {
    const isPlainEnter = event.key === "Enter" && !event.ctrlKey && !event.shiftKey;
    if (isPlainEnter && this.waiting?.field === field && !this.isDone(field.value.trim())) {
      this.waiting.takes = true;
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    if (!this.isOpen || this.field !== field) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      this.at = (this.at + (event.key === "ArrowDown" ? 1 : -1) + this.choices.length) % this.choices.length;
      this.mark();
    } else if (isPlainEnter) {
      this.takeAndGo(this.at);
    } else if (event.key === "Tab" && !event.shiftKey) {
      this.take(this.at);
      return;
    } else if (event.key === "Escape") {
      this.close();
    } else {
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}
