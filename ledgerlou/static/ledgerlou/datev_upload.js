// The chosen file by its name, in the words of the page: what the browser writes beside its own field has the browser's language.
"use strict";

for (const place of document.querySelectorAll("[data-drop]")) {
  const input = place.querySelector("input[type=file]");
  const name = place.querySelector("[data-chosen]");
  input.hasChangeListener = true; // tells unfold that this field shows its file itself
  input.addEventListener("change", () => {
    name.textContent = input.files.length ? input.files[0].name : name.dataset.chosen;
    place.classList.toggle("chosen", input.files.length > 0);
  });
  for (const [kind, over] of [["dragenter", true], ["dragleave", false], ["drop", false]]) {
    input.addEventListener(kind, () => place.classList.toggle("over", over));
  }
}
