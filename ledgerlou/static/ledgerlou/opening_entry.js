// The page of opening balances: the same lines as a booking, with totals instead of T-accounts.
import { completeDays } from "./booking_days.js";
import { Grid } from "./booking_grid.js";
import { Preview, showFaults } from "./booking_preview.js";

const form = document.getElementById("opening");
const place = form.querySelector("[data-preview-place]");
const preview = new Preview({ form, place, address: form.dataset.preview, failed: form.dataset.failed });
const grid = new Grid(form.querySelector("[data-grid]"), { changed: refresh, done: () => form.querySelector("[data-book]").focus() });

function refresh() {
  if (grid.rows.some((row) => grid.cents(row, "debit") || grid.cents(row, "credit"))) preview.soon((data) => grid.fill(data), shown, 500);
  else preview.stop();
}

function shown(answer) {
  if (!answer?.faults) return;
  showFaults(form, grid, answer.faults);
}

form.addEventListener("submit", (event) => {
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "1";
  preview.stop();
  return grid.beforeSubmit();
});
window.addEventListener("pageshow", () => { delete form.dataset.sent; grid.afterReturn(); });
document.addEventListener("keydown", (event) => {
  if ((event.key === "Enter" && event.ctrlKey) || event.key === "F9") {
    event.preventDefault();
    form.requestSubmit(form.querySelector("[data-book]"));
  }
});
form.elements.date.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.ctrlKey) return;
  event.preventDefault();
  grid.focusFirst();
});
completeDays([form.elements.date], grid.language, form.dataset.today);
form.elements.date.addEventListener("change", refresh);
if (form.querySelector("[aria-invalid]")) form.querySelector("[aria-invalid]").focus();
else grid.focusFirst();
