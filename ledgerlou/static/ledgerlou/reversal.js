// Shows the counter-booking at once, and again whenever a choice changes.
import { Preview } from "./booking_preview.js";

const form = document.getElementById("reversal");
const place = document.getElementById("reversal-preview");
const preview = new Preview({ form, place, address: window.location.pathname, failed: place.dataset.failed });
const ask = () => preview.soon((data) => data.set("preview", "part"), null, 50);

form.addEventListener("change", ask);
if (!form.querySelector(".ll-note.grave")) ask();
