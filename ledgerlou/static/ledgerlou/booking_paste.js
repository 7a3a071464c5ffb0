// Rows of a spreadsheet: account, debit, credit, tax code, text; or account and signed amount. A name beside the account is passed over.
import { formatCents, languageOf, parseCents } from "./booking_amounts.js";

const NUMBER = /^[0-9]{1,9}(?:\s|$)/;
const AMOUNT = /^[-+(\u2212\u2013]?\s*(?:€|EUR)?\s*[0-9.,][0-9., '\u00a0\u2009\u202f\u2019]*(?:€|EUR)?\s*[-)\u2212\u2013]?$/i;

export function isTable(text) {
  return /\t|\n./.test(text.trim());
}

// Rows {account, debit, credit, tax_code} with amounts in the language of the page, and the first text that came along.
export function readTable(text, language) {
  const lines = text.replace(/\r\n?/g, "\n").split("\n").filter((line) => line.trim());
  const table = lines.map((line) => line.split(line.includes("\t") ? "\t" : ";").map((cell) => cell.trim().replace(/^"(.*)"$/, "$1")));
  const rows = table.filter((cells) => NUMBER.test(cells[0] || ""));
  const bare = rows.map(withoutName);
  const written = languageOf(bare.flatMap((cells) => [cells[1] || "", cells[2] || ""]).filter((cell) => AMOUNT.test(cell)), language);
  const read = bare.map((cells) => readRow(cells, written, language));
  return { rows: read, text: read.map((row) => row.text).find(Boolean) || "" };
}

function withoutName(cells) {
  const [account, second] = cells;
  const number = account.split(/\s/)[0];
  const hasName = second && !AMOUNT.test(second) && cells.length > 2;
  return [number, ...cells.slice(hasName ? 2 : 1)];
}

function readRow([account, first = "", second = "", ...rest], written, language) {
  const secondIsAmount = !second || AMOUNT.test(second);
  const [tax, text] = secondIsAmount ? rest : [second, rest[0]];
  const row = { account, debit: "", credit: "", tax_code: tax || "", text: text || "" };
  for (const [side, otherSide, cell] of [["debit", "credit", first], ["credit", "debit", secondIsAmount ? second : ""]]) {
    const cents = cell ? parseCents(cell, written) : 0;
    if (cents === null) row[side] = cell; // what cannot be read is shown as it came
    else if (cents) row[cents > 0 ? side : otherSide] = formatCents(Math.abs(cents), language);
  }
  return row;
}
