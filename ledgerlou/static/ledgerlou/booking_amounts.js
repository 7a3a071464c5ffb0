// Reads and writes amounts as ledgerlou/admin/amounts_input.py does, for what the page shows while somebody types.
// The server reads every amount again; a browser test holds both against the same table.

const LONGEST = 60;
const MOST_CENTS = 999999999999999;

// Cents as a whole number, or null for what is no amount of euros on a page of this language.
export function parseCents(text, language) {
  const number = parseNumber(text, language, 2);
  if (number === null) return null;
  const cents = Math.round(Number(number.whole || "0") * 100) + Number((number.decimals + "00").slice(0, 2));
  if (cents > MOST_CENTS) return null;
  return number.negative ? -cents || 0 : cents;
}

// A rate or foreign amount as a floating number, for display only.
export function parseLoosely(text, language) {
  const number = parseNumber(text, language, 8);
  return number === null ? null : Number(`${number.negative ? "-" : ""}${number.whole || "0"}.${number.decimals || "0"}`);
}

export function formatCents(cents, language) {
  return new Intl.NumberFormat(language === "de" ? "de-DE" : "en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(cents / 100);
}

// Which language the numbers of pasted cells are written in: the first that can be read in one way only decides.
export function languageOf(texts, fallback) {
  for (const text of texts) {
    const bare = text.replace(/[^0-9.,]/g, "");
    const last = Math.max(bare.lastIndexOf("."), bare.lastIndexOf(","));
    if (last < 0) continue;
    const isLone = (bare.match(/[.,]/g) || []).length === 1;
    if (isLone && bare.length - last - 1 === 3) continue;
    const kinds = new Set(bare.match(/[.,]/g));
    const isDecimal = kinds.size === 2 || isLone;
    return (bare[last] === ",") === isDecimal ? "de" : "en";
  }
  return fallback;
}

function parseNumber(text, language, places) {
  if (text.length > LONGEST) return null;
  const signed = withoutSigns(text.trim());
  if (signed === null) return null;
  const [own, other] = language === "de" ? [".", ","] : [",", "."];
  const bare = signed.bare.replace(/[ \t\u00a0\u2007\u2009\u202f]/g, " ").replace(/\u2019/g, "'");
  let parts = null;
  for (const [group, points] of [[" ", ".,"], ["'", ".,"], [own, other], [other, own]]) {
    const found = new RegExp(`^([1-9][0-9]{0,2}(?:[${group}][0-9]{3})+)(?:[${points}]([0-9]+))?$`).exec(bare);
    if (found && (group !== other || found[2] || bare.split(other).length > 2)) {
      parts = [found[1].split(group).join(""), found[2] || ""];
      break;
    }
  }
  if (!parts) {
    const plain = bare ? /^([0-9]*)(?:[.,]([0-9]+))?$/.exec(bare) : null;
    if (!plain) return null;
    parts = [plain[1], plain[2] || ""];
  }
  return parts[1].length > places ? null : { whole: parts[0], decimals: parts[1], negative: signed.negative };
}

function withoutSigns(text) {
  const currency = /^(?:€|EUR)|(?:€|EUR)$/gi;
  const minus = /[-\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d]/;
  const clean = (part) => part.trim().replace(currency, "").trim();
  const bare = clean(text).replace(/[.,](?:-{1,2}|[\u2013\u2014])$/, "");
  if (bare.startsWith("(") && bare.endsWith(")") && bare.length > 1) return { bare: clean(bare.slice(1, -1)), negative: true };
  const before = minus.test(bare.slice(0, 1));
  const behind = minus.test(bare.slice(-1));
  const plus = bare.startsWith("+");
  if (!before && !behind && !plus) return { bare, negative: false };
  if (behind && (before || plus)) return null;
  return { bare: clean(behind ? bare.slice(0, -1) : bare.slice(1)), negative: before || behind };
}
