// Short days as accounting/admin/booking_fields.py reads them, written out when the field is left.

export function readDay(text, language, today) {
  const written = text.trim();
  const thisYear = today.slice(0, 4);
  const year = (digits) => (digits.length === 4 ? digits : digits ? `20${digits}` : thisYear);
  let found = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(written);
  if (found) return day(found[1], found[2], found[3]);
  found = /^(\d{1,2})\.(\d{1,2})\.?(\d{2}|\d{4})?$/.exec(written);
  if (found) return day(year(found[3] || ""), found[2], found[1]);
  if (!/^(?:\d{4}|\d{6}|\d{8})$/.test(written)) return null;
  if (language === "de") return day(year(written.slice(4)), written.slice(2, 4), written.slice(0, 2));
  return day(year(written.slice(0, -4)), written.slice(-4, -2), written.slice(-2));
}

export function writeDay({ year, month, date }, language) {
  return language === "de" ? `${date}.${month}.${year}` : `${year}-${month}-${date}`;
}

function day(year, month, date) {
  const made = new Date(Date.UTC(Number(year), Number(month) - 1, Number(date)));
  const isReal = made.getUTCMonth() === Number(month) - 1 && made.getUTCDate() === Number(date);
  return isReal ? { year: String(year), month: String(month).padStart(2, "0"), date: String(date).padStart(2, "0") } : null;
}

// Write a field's day out in full when it is left.
export function completeDays(fields, language, today) {
  for (const field of fields) {
    field?.addEventListener("change", () => {
      const read = readDay(field.value, language, today);
      if (read) field.value = writeDay(read, language);
    });
  }
}
