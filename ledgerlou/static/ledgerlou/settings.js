// Ready choices of rights tick their boxes; a box ticked by hand makes it one's own choice. The server decides by the choice, not by this.
"use strict";

const presets = document.querySelector("[data-presets]");

if (presets) {
  const boxes = [...document.querySelectorAll("input[name=scopes]")];

  const follow = (choice) => {
    if (choice.value === "own") return;
    const scopes = new Set(choice.dataset.scopes.split(" "));
    boxes.forEach((box) => { box.checked = scopes.has(box.value); });
  };

  presets.addEventListener("change", (event) => follow(event.target));
  boxes.forEach((box) => box.addEventListener("change", () => { presets.querySelector("input[value=own]").checked = true; }));
  const checked = presets.querySelector("input:checked");
  if (checked) follow(checked);
}
