// Lines that are typed: accounts found by number or words, running balance, a proposal that balances, rows from a spreadsheet.
import { formatCents, parseCents } from "./booking_amounts.js";
import { Lookup } from "./booking_lookup.js";
import { isTable, readTable } from "./booking_paste.js";
import { TypeAhead } from "./booking_type_ahead.js";

const FEWEST = 4;
const NUMBER = /^[0-9]+$/;
const CELLS = ["account", "debit", "credit", "tax_code"];

export class Grid {
  // `changed()` is called after every change; `done()` when Enter is pressed on an empty line; `pasted(text)` with a text that came along.
  constructor(table, { changed, done, pasted }) {
    Object.assign(this, { table, changed, done, pasted, language: table.dataset.language });
    this.body = table.tBodies[0];
    this.empty = table.parentElement.querySelector("template[data-empty-row]");
    this.gathered = table.parentElement.querySelector("[data-gathered]");
    this.lookup = new Lookup(table.dataset.accounts, document.getElementById("bg-tax-codes")?.options);
    const label = (id) => document.getElementById(id)?.textContent || "";
    const onward = (field) => this.onward(this.row(field), field);
    this.accounts = new TypeAhead({
      find: (text) => this.lookup.accountChoices(text),
      picked: (field, choice) => this.named(this.row(field), choice),
      isDone: (text) => NUMBER.test(text),
      label: label("bg-account"),
      onward,
    });
    this.taxes = new TypeAhead({ find: (text) => this.lookup.taxChoices(text), picked: () => this.update(), label: label("bg-tax"), moment: 0, onward });
    [...this.body.rows].forEach((row) => this.adopt(row));
    // The server offers many empty lines for pages without a script; here a few will do.
    for (const row of this.rows.slice(FEWEST).reverse()) if (this.isBlank(row)) row.remove(); else break;
    table.addEventListener("keydown", (event) => this.key(event));
    table.addEventListener("input", (event) => this.typed(event.target));
    table.addEventListener("focusin", (event) => event.target.matches("[data-proposed]") && event.target.select());
    table.addEventListener("paste", (event) => this.paste(event));
    table.addEventListener("click", (event) => event.target.closest("[data-remove]") && this.remove(event.target.closest("tr")));
    this.update(false);
  }

  get rows() {
    return [...this.body.rows];
  }

  row(field) {
    return field.closest("tr");
  }

  cell(row, name) {
    return row.querySelector(`[data-cell=${name}]`);
  }

  value(row, name) {
    return (this.cell(row, name)?.value || "").trim();
  }

  isBlank(row) {
    return CELLS.every((name) => !this.value(row, name));
  }

  cents(row, side) {
    const text = this.value(row, side);
    return text ? parseCents(text, this.language) : 0;
  }

  // Debit minus credit in cents; null while some amount cannot be read.
  get balance() {
    return this.rows.reduce((sum, row) => {
      const [debit, credit] = [this.cents(row, "debit"), this.cents(row, "credit")];
      return sum === null || debit === null || credit === null ? null : sum + debit - credit;
    }, 0);
  }

  get isEven() {
    return this.balance === 0 && this.rows.some((row) => this.cents(row, "debit"));
  }

  adopt(row) {
    this.accounts.attach(this.cell(row, "account"));
    this.cell(row, "account").addEventListener("blur", () => this.name(row));
    if (this.cell(row, "tax_code")) this.taxes.attach(this.cell(row, "tax_code"));
    row.querySelector("[data-remove]").hidden = false;
    return row;
  }

  add() {
    const row = this.empty.content.firstElementChild.cloneNode(true);
    this.body.append(row);
    return this.adopt(row);
  }

  remove(row) {
    const next = row.nextElementSibling || row.previousElementSibling || this.add();
    row.remove();
    this.update();
    this.cell(next, "account").focus();
  }

  focusFirst() {
    this.cell(this.rows.find((row) => this.isBlank(row)) || this.add(), "account").focus();
  }

  // Leaving an account: its name and tax code, also where no choice was taken.
  async name(row) {
    const text = this.value(row, "account");
    if (!text) return this.named(row, null);
    if (row.dataset.named === text) return undefined;
    this.proposeAmount(row);
    const found = await this.lookup.accounts(text);
    if (this.value(row, "account") !== text) return undefined;
    const account = found.find((one) => one.number === text) || (NUMBER.test(text) ? null : found.length === 1 ? found[0] : undefined);
    if (account) {
      this.cell(row, "account").value = account.number;
      return this.named(row, account);
    }
    this.named(row, null);
    this.blame(row, "account", account === null ? this.table.dataset.noAccount : found.length ? this.table.dataset.several : this.table.dataset.noAccount);
    return undefined;
  }

  named(row, account) {
    row.dataset.named = account?.number || "";
    row.querySelector(".bg-name").textContent = account ? account.name || account.label : "";
    if (account) {
      this.absolve(row, "account");
      this.proposeCode(row, account.tax_code || "");
      this.proposeAmount(row);
    }
    this.update();
  }

  proposeCode(row, code) {
    const field = this.cell(row, "tax_code");
    if (!field || (field.value && field.dataset.proposed !== field.value) || document.activeElement === field) return;
    field.value = code;
    field.dataset.proposed = code;
  }

  // A line without an amount gets what balances the lines so far.
  proposeAmount(row) {
    const fields = [this.cell(row, "debit"), this.cell(row, "credit")];
    if (fields.some((field) => field.value && !field.dataset.proposed)) return;
    fields.forEach((field) => this.settle(field, ""));
    const balance = this.balance;
    if (!balance) return;
    const field = this.cell(row, balance > 0 ? "credit" : "debit");
    this.settle(field, formatCents(Math.abs(balance), this.language));
    field.dataset.proposed = "1";
    if (document.activeElement === field) field.select();
  }

  settle(field, text) {
    field.value = text;
    delete field.dataset.proposed;
  }

  typed(field) {
    const row = this.row(field);
    if (!row || !field.dataset.cell) return;
    this.absolve(row, field.dataset.cell);
    if (field.dataset.cell === "debit" || field.dataset.cell === "credit") {
      delete field.dataset.proposed;
      const other = this.cell(row, field.dataset.cell === "debit" ? "credit" : "debit");
      if (field.value && other.dataset.proposed) this.settle(other, "");
    }
    this.update();
  }

  update(tell = true) {
    const rows = this.rows;
    if (!rows.length || !this.isBlank(rows[rows.length - 1])) this.add();
    let number = 0;
    for (const row of this.rows) {
      const isBlank = this.isBlank(row);
      row.toggleAttribute("data-blank", isBlank);
      row.cells[0].textContent = isBlank ? "" : String((number += 1));
    }
    for (const side of ["debit", "credit"]) {
      const sum = this.rows.reduce((total, row) => total + (this.cents(row, side) || 0), 0);
      this.table.querySelector(`[data-total=${side}]`).textContent = number ? formatCents(sum, this.language) : "";
    }
    const { balance } = this;
    const mark = this.table.querySelector("[data-balance]");
    mark.className = `bg-balance ${number === 0 ? "" : this.isEven ? "even" : "off"}`;
    const text = number === 0 || balance === null ? "" : this.isEven ? mark.dataset.even : balance ? `${mark.dataset.off} ${formatCents(Math.abs(balance), this.language)}` : "";
    if (mark.textContent !== text) mark.textContent = text;
    if (!text) mark.className = "bg-balance";
    if (tell) this.changed();
  }

  key(event) {
    const field = event.target;
    if (!field.dataset.cell || event.altKey || event.metaKey) return;
    const row = this.row(field);
    if (event.key === "Enter" && !event.ctrlKey) {
      event.preventDefault();
      this.onward(row, field);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const next = event.key === "ArrowDown" ? row.nextElementSibling : row.previousElementSibling;
      if (next) this.cell(next, field.dataset.cell).focus();
      event.preventDefault();
    } else if (event.key === "Delete" && event.ctrlKey) {
      event.preventDefault();
      this.remove(row);
    }
  }

  // Enter goes where the next thing is to be typed: past the side that stays empty, and out of the lines on an empty one.
  onward(row, field) {
    const name = field.dataset.cell;
    if (name === "account" && this.isBlank(row) && this.rows.some((other) => !this.isBlank(other))) return this.done();
    if (name === "account" && this.value(row, name)) this.proposeAmount(row);
    const proposed = this.cell(row, "credit").dataset.proposed ? "credit" : "debit";
    const last = this.cell(row, "tax_code");
    const next = { account: proposed, debit: this.cents(row, "debit") ? "tax_code" : "credit", credit: "tax_code" }[name];
    if (next && (next !== "tax_code" || last)) return this.cell(row, next).focus();
    if (!row.nextElementSibling) this.add();
    return this.cell(row.nextElementSibling, "account").focus();
  }

  paste(event) {
    const text = event.clipboardData?.getData("text/plain") || "";
    if (!event.target.dataset.cell || !isTable(text)) return;
    const table = readTable(text, this.language);
    if (!table.rows.length) return;
    event.preventDefault();
    let row = this.row(event.target);
    for (const cells of table.rows) {
      row = row || this.add();
      for (const name of CELLS) if (this.cell(row, name)) this.settle(this.cell(row, name), cells[name]);
      this.clear(row);
      this.nameSoon(row);
      row = row.nextElementSibling;
    }
    this.update();
    this.focusFirst();
    this.pasted?.(table.text);
  }

  // Names of pasted accounts, one question after the other; the tax code stays as it was pasted.
  nameSoon(row) {
    this.naming = (this.naming || Promise.resolve()).then(async () => {
      const number = this.value(row, "account");
      const account = (await this.lookup.accounts(number)).find((one) => one.number === number);
      if (this.value(row, "account") !== number) return;
      row.dataset.named = account?.number || "";
      row.querySelector(".bg-name").textContent = account?.name || "";
      if (!account) this.blame(row, "account", this.table.dataset.noAccount);
    });
  }

  blame(row, name, text) {
    const field = this.cell(row, name) || this.cell(row, "account");
    field.setAttribute("aria-invalid", "true");
    const fault = document.createElement("span");
    fault.className = "bg-fault";
    fault.textContent = text;
    field.closest("td").append(fault);
    field.setAttribute("aria-describedby", (fault.id = `bg-fault-${(this.faults = (this.faults || 0) + 1)}`));
  }

  absolve(row, name) {
    const field = this.cell(row, name);
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
    field.closest("td").querySelectorAll(".bg-fault").forEach((fault) => fault.remove());
  }

  clear(row) {
    for (const name of CELLS) if (this.cell(row, name)) this.absolve(row, name);
  }

  // What is sent: all rows in one field, so that no limit on the number of fields matters.
  gather() {
    return JSON.stringify(this.rows.map((row) => CELLS.map((name) => this.value(row, name))));
  }

  fill(data) {
    for (const name of CELLS) data.delete(name);
    data.set("lines", this.gather());
  }

  beforeSubmit() {
    this.gathered.value = this.gather();
    for (const row of this.rows) for (const field of row.querySelectorAll("input")) field.disabled = true;
  }

  // Back from the next page: the browser shows this one as it was left.
  afterReturn() {
    this.gathered.value = "";
    for (const row of this.rows) for (const field of row.querySelectorAll("input")) field.disabled = false;
  }
}
