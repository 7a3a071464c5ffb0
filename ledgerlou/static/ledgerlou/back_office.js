// Small helps that need no library: the token of a mailed link, copying a secret, light and dark without leaving the page.
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

  for (const form of document.querySelectorAll("form[data-themes]")) {
    form.addEventListener("submit", (event) => {
      // A half-filled page must survive the change of colours; without this script the form is sent and the page comes anew.
      event.preventDefault();
      const facts = new FormData(form, event.submitter);
      document.documentElement.dataset.theme = facts.get("theme");
      for (const button of form.querySelectorAll("button[name=theme]")) {
        button.setAttribute("aria-pressed", String(button.value === facts.get("theme")));
      }
      fetch(form.action, { method: "POST", body: facts, redirect: "manual" });
    });
  }
});
