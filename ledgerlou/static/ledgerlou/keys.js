// Keys and the palette of the back office.
//
// A page gives a link, button or field a key: data-key="n" data-key-label="New booking". The key presses or focuses it, `?` lists it, and
// the palette offers it. Keys with Ctrl or Alt ("Ctrl+Enter", "Alt+N") work while typing, too; plain ones do not. With data-key-listed the
// key is only listed, because a script of the page's own handles it. The menu's links carry data-go: `g`, then the letter.

const GOING_MS = 2000;
const SEARCH_DELAY_MS = 120;
const FIELDS = "input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=reset], [type=file]), textarea, select, [contenteditable]";

const isTyping = (target) => target instanceof Element && target.closest(FIELDS) !== null;
const isUsable = (element) => !element.disabled && element.checkVisibility({ visibilityProperty: true });
const openDialog = () => [...document.querySelectorAll("dialog[open]")].at(-1);

/** The keys of the page as it stands now, or of the dialog that lies over it. */
function keysOfPage() {
  const place = openDialog() ?? document;
  return [...place.querySelectorAll("[data-key]")].filter((element) => "keyListed" in element.dataset || isUsable(element));
}

/** What was pressed, as data-key writes it. */
function pressed(event) {
  const key = event.key.length === 1 && (event.ctrlKey || event.altKey || event.metaKey) ? event.key.toUpperCase() : event.key;
  return `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}${key}`;
}

function use(element) {
  if (element.matches(FIELDS)) {
    element.focus();
    element.select?.();
  } else {
    element.click();
  }
}

// --- g, then a letter ---------------------------------------------------------------------------------------------------

let going = 0;

function startGoing() {
  going = window.setTimeout(stopGoing, GOING_MS);
  document.documentElement.classList.add("ll-going");
}

function stopGoing() {
  window.clearTimeout(going);
  going = 0;
  document.documentElement.classList.remove("ll-going");
}

// --- the list of keys ---------------------------------------------------------------------------------------------------

function showKeys() {
  const dialog = document.getElementById("ll-keys");
  if (!dialog || openDialog()) return;
  const section = dialog.querySelector("[data-keys-of-page]");
  const rows = keysOfPage().map((element) => {
    const row = document.createElement("div");
    const name = document.createElement("dt");
    const meaning = document.createElement("dd");
    name.append(...keycaps(element.dataset.key));
    meaning.textContent = element.dataset.keyLabel || element.textContent.trim();
    row.append(name, meaning);
    return row;
  });
  section.querySelector("dl").replaceChildren(...rows);
  section.hidden = rows.length === 0;
  dialog.showModal();
}

function keycaps(key) {
  return key.split(/ |(?<=.)\+(?=.)/).flatMap((part, place) => {
    const cap = document.createElement("kbd");
    cap.className = "ll-kbd";
    cap.textContent = document.documentElement.lang.startsWith("de") && part === "Ctrl" ? "Strg" : part;
    return place ? [" ", cap] : [cap];
  });
}

// --- the palette --------------------------------------------------------------------------------------------------------

class Palette {
  constructor(dialog) {
    this.dialog = dialog;
    this.input = dialog.querySelector("input");
    this.results = dialog.querySelector("[role=listbox]");
    this.note = dialog.querySelector("[role=status]");
    this.timer = 0;
    this.answer = Promise.resolve();
    this.keys = [];
    this.input.addEventListener("input", () => this.searchSoon());
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    this.results.addEventListener("mousemove", (event) => this.mark(event.target.closest("[role=option]")));
    this.results.addEventListener("click", (event) => this.choose(event.target.closest("[role=option]"), event));
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  }

  open() {
    if (this.dialog.open) return;
    openDialog()?.close();
    this.keys = keysOfPage().filter((element) => !("keyListed" in element.dataset));
    this.input.value = "";
    this.results.replaceChildren();
    this.dialog.showModal();
    this.input.focus();
    this.search();
  }

  searchSoon() {
    window.clearTimeout(this.timer);
    this.answer = new Promise((resolve) => {
      this.timer = window.setTimeout(() => resolve(this.search()), SEARCH_DELAY_MS);
    });
  }

  /** Asks the server; a later question overtakes an earlier one. */
  search() {
    this.asking?.abort();
    this.asking = new AbortController();
    const term = this.input.value.trim();
    this.answer = this.ask(term, this.asking.signal);
    return this.answer;
  }

  async ask(term, signal) {
    try {
      const reply = await fetch(`${this.dialog.dataset.address}?s=${encodeURIComponent(term)}`, { signal, redirect: "error" });
      if (!reply.ok) throw new TypeError(String(reply.status));
      this.show(term, await reply.text());
    } catch (fault) {
      if (fault.name === "AbortError") return;
      this.results.replaceChildren();
      this.note.textContent = this.note.dataset.failed;
    }
  }

  show(term, html) {
    const found = new DOMParser().parseFromString(html, "text/html");
    const own = this.ownKeys(term);
    // A page that a key of this page opens is offered once.
    const pages = new Set(own.map((option) => option.dataset.address));
    const others = [...found.querySelectorAll("[role=option]")].filter((option) => !pages.has(option.getAttribute("href")));
    const options = [...own, ...others];
    options.forEach((option, place) => (option.id = `ll-hit-${place}`));
    this.results.replaceChildren(...options);
    this.results.scrollTop = 0;
    this.note.textContent = options.length ? "" : this.note.dataset.none;
    this.mark(options[0]);
  }

  /** What the page itself offers by keys, as options. */
  ownKeys(term) {
    return this.keys
      .filter((element) => (element.dataset.keyLabel ?? "").toLocaleLowerCase().includes(term.toLocaleLowerCase()))
      .map((element) => {
        const option = document.createElement("button");
        option.type = "button";
        option.setAttribute("role", "option");
        option.tabIndex = -1;
        option.dataset.address = element.getAttribute("href") ?? "";
        const icon = document.createElement("span");
        icon.className = "material-symbols-outlined";
        icon.setAttribute("aria-hidden", "true");
        icon.textContent = "keyboard";
        const what = document.createElement("span");
        what.className = "what";
        what.textContent = element.dataset.keyLabel;
        const kind = document.createElement("span");
        kind.className = "kind";
        kind.textContent = this.dialog.dataset.ownKeys;
        const caps = document.createElement("span");
        caps.className = "kbds";
        caps.append(...keycaps(element.dataset.key));
        option.append(icon, what, kind, caps);
        option.addEventListener("click", () => {
          this.dialog.close();
          use(element);
        });
        return option;
      });
  }

  mark(option) {
    if (!option) return this.input.removeAttribute("aria-activedescendant");
    for (const other of this.results.querySelectorAll("[aria-selected=true]")) other.setAttribute("aria-selected", "false");
    option.setAttribute("aria-selected", "true");
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  marked() {
    return this.results.querySelector("[aria-selected=true]");
  }

  choose(option, event) {
    if (option?.href && !event.ctrlKey && !event.metaKey) this.dialog.close();
  }

  async onKey(event) {
    const options = [...this.results.querySelectorAll("[role=option]")];
    const place = options.indexOf(this.marked());
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    if (event.key in steps && options.length) {
      event.preventDefault();
      const next = Math.abs(steps[event.key]) === 1 ? (place + steps[event.key] + options.length) % options.length : place + steps[event.key];
      const option = options[Math.max(0, Math.min(options.length - 1, next))];
      this.mark(option);
      option.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter") {
      event.preventDefault();
      // Whoever types fast and presses Enter means what was typed, not what was found before.
      await this.answer;
      if (event.ctrlKey || event.metaKey) window.open(this.marked()?.href, "_blank");
      else this.marked()?.click();
    }
  }
}

const paletteDialog = document.getElementById("ll-palette");
const palette = paletteDialog && new Palette(paletteDialog);

// --- all keys -----------------------------------------------------------------------------------------------------------

/** The search field of the page, if there is one; else the palette. */
function search() {
  const field = [...document.querySelectorAll("[data-search], #searchbar, #content-area input[type=search], #content-area [role=search] input:not([type=hidden])")].find(isUsable);
  if (field) use(field);
  else palette?.open();
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.repeat) return;
  const key = pressed(event);
  if (key === "Ctrl+K" && palette) {
    event.preventDefault();
    palette.open();
    return;
  }
  const withModifier = event.ctrlKey || event.altKey || event.metaKey;
  if (isTyping(event.target) && !withModifier) return;
  if (going && !withModifier) {
    const link = document.querySelector(`#nav-sidebar [data-go="${CSS.escape(event.key)}"]`);
    if (event.key === "Shift") return;
    stopGoing();
    event.preventDefault();
    link?.click();
    return;
  }
  const own = keysOfPage().find((element) => element.dataset.key === key && !("keyListed" in element.dataset));
  if (own) {
    event.preventDefault();
    use(own);
  } else if (openDialog()) {
    return;
  } else if (key === "/") {
    event.preventDefault();
    search();
  } else if (key === "?") {
    event.preventDefault();
    showKeys();
  } else if (key === "g") {
    startGoing();
  }
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (!opener) return;
  if (opener.dataset.open === "ll-palette") palette?.open();
  else showKeys();
});
