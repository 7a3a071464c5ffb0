// The page of a new booking: lines, live preview, document, foreign currency, and the keys that book.
import { formatCents, parseLoosely } from "./booking_amounts.js";
import { completeDays } from "./booking_days.js";
import { Grid } from "./booking_grid.js";
import { Preview, showFaults } from "./booking_preview.js";

const form = document.getElementById("booking");
const field = (name) => form.elements[name];
const place = form.querySelector("[data-preview-place]");
const reason = form.querySelector("[data-reason]");
const preview = new Preview({ form, place, address: form.dataset.preview, failed: form.dataset.failed });
const grid = new Grid(form.querySelector("[data-grid]"), { changed: refresh, done: afterLines, pasted: (text) => { if (text && !field("text").value) field("text").value = text; } });
const { language } = grid;

function hint() {
  preview.stop();
  const note = document.createElement("p");
  note.className = "ll-empty";
  note.textContent = form.dataset.hint;
  place.replaceChildren(note);
}

function refresh() {
  if (!grid.isEven) return hint();
  return preview.soon((data) => { grid.fill(data); data.delete("file"); data.delete("upload"); data.delete("save_over"); }, shown);
}

function shown(answer) {
  if (!answer?.faults) return;
  showFaults(form, grid, answer.faults);
  reason.hidden = !answer.has_twins && !field("reason").value;
  if (!reason.hidden) reason.querySelector(".bg-twins")?.remove();
}

function afterLines() {
  const text = field("text");
  (text.value ? form.querySelector("[data-book]") : text).focus();
}

function book() {
  form.requestSubmit(form.querySelector("[data-book]"));
}

form.addEventListener("submit", (event) => {
  if (form.dataset.sent) return event.preventDefault(); // a second press books nothing twice
  form.dataset.sent = "1";
  preview.stop();
  return grid.beforeSubmit();
});
window.addEventListener("pageshow", () => { delete form.dataset.sent; grid.afterReturn(); });
document.addEventListener("keydown", (event) => {
  if ((event.key === "Enter" && event.ctrlKey) || event.key === "F9") {
    event.preventDefault();
    book();
  }
});
form.addEventListener("keydown", (event) => {
  const one = event.target;
  if (event.key !== "Enter" || event.ctrlKey || !one.matches("input, select") || one.dataset.cell) return;
  event.preventDefault(); // Enter goes on to the next field; only the button and its keys book
  const fields = [...form.querySelectorAll("input:not([type=hidden]), select, [data-book]")].filter((other) => other.offsetParent);
  fields[fields.indexOf(one) + 1]?.focus();
});
for (const name of ["date", "period", "reference", "text", "reason", "fx_currency", "fx_amount", "fx_rate", "fx_rate_date", "fx_rate_source"]) field(name).addEventListener("change", refresh);
completeDays([field("date"), field("fx_rate_date")], language, form.dataset.today);

// Foreign currency: the newest rate of the journal is proposed, and what the amount comes to in euros is shown.
const fxNote = form.querySelector("[data-fx-note]");
function showEuros(note = fxNote.dataset.note || "") {
  fxNote.dataset.note = note;
  const [amount, rate] = [parseLoosely(field("fx_amount").value, language), parseLoosely(field("fx_rate").value, language)];
  const euros = amount && rate ? `= ${formatCents(Math.round((amount / rate) * 100), language)} €` : "";
  fxNote.textContent = [euros, note].filter(Boolean).join("   ");
}
field("fx_currency").addEventListener("change", async () => {
  if (!field("fx_rate_date").value) field("fx_rate_date").value = field("date").value;
  const currency = field("fx_currency").value.trim().toUpperCase();
  field("fx_currency").value = currency;
  if (currency.length !== 3 || (field("fx_rate").value && !field("fx_rate").dataset.proposed)) return;
  const reply = await fetch(`${form.dataset.rate}?currency=${encodeURIComponent(currency)}`, { redirect: "error" }).catch(() => null);
  const rate = reply?.ok ? await reply.json() : {};
  if (field("fx_rate").value && !field("fx_rate").dataset.proposed) return; // typed meanwhile
  field("fx_rate").value = rate.rate || "";
  field("fx_rate").dataset.proposed = "1";
  if (rate.rate_date) field("fx_rate_date").value = rate.rate_date;
  if (rate.rate_source) field("fx_rate_source").value = rate.rate_source;
  showEuros(rate.note || "");
  refresh();
});
field("fx_rate").addEventListener("input", () => { delete field("fx_rate").dataset.proposed; showEuros(""); });
field("fx_amount").addEventListener("input", () => showEuros());
showEuros();

// A document may be dropped anywhere on the page.
const drop = form.querySelector("[data-drop]");
const picture = form.querySelector("[data-picture]");
const carriesFile = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
document.addEventListener("dragover", (event) => { if (carriesFile(event)) { event.preventDefault(); drop.classList.add("over"); } });
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) drop.classList.remove("over"); });
document.addEventListener("drop", (event) => {
  if (!carriesFile(event)) return;
  event.preventDefault();
  drop.classList.remove("over");
  field("file").files = event.dataTransfer.files;
  showFile();
});
field("file").addEventListener("change", showFile);
function showFile() {
  const [file] = field("file").files;
  drop.querySelectorAll(".bg-fault").forEach((fault) => fault.remove());
  form.querySelector("[data-file-note]").textContent = file ? `${file.name}, ${Math.ceil(file.size / 1024)} KB` : "";
  picture.hidden = true;
  if (!file || !file.type.startsWith("image/")) return;
  const reader = new FileReader();
  reader.addEventListener("load", () => { picture.src = reader.result; picture.alt = file.name; picture.hidden = false; });
  reader.readAsDataURL(file);
}

const wrong = form.querySelector("[aria-invalid], .bg-fault");
if (wrong) (wrong.matches("input") ? wrong : wrong.parentElement.querySelector("input, select"))?.focus();
else if (form.dataset.startsInLines) grid.focusFirst();
else field("date").focus();
if (grid.isEven) refresh();
