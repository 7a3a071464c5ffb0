// Small helps that need no library: the token of a mailed link, copying a secret.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const token = document.querySelector("input[data-from-fragment]");
  if (token && window.location.hash.length > 1) {
    token.value = window.location.hash.slice(1);
    // The token stays out of the history and of what a person copies from the address line.
    window.history.replaceState(null, "", window.location.pathname);
  }

  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.addEventListener("click", async () => {
      const field = document.getElementById(button.dataset.copy);
      field.select();
      await navigator.clipboard.writeText(field.value);
      button.querySelector(".ll-copied").textContent = button.dataset.done;
    });
  }
});
