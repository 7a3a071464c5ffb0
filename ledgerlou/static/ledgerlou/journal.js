// Small helps of the pages of the books: a period and two days exclude each other, groups fold, a picture can be enlarged.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  for (const form of document.querySelectorAll("form[data-range]")) {
    const period = form.elements.period;
    const days = [form.elements.start, form.elements.end].filter(Boolean);
    if (period && form.dataset.range === "either") {
      period.addEventListener("change", () => {
        for (const day of days) day.value = "";
        if (period.value) form.requestSubmit();
      });
      for (const day of days) day.addEventListener("input", () => { period.value = ""; });
    }
    // Empty fields stay out of the address, so that it can be read and kept.
    form.addEventListener("submit", () => {
      for (const field of form.elements) if (field.name && !field.value) field.disabled = true;
    });
  }
  window.addEventListener("pageshow", () => {
    for (const field of document.querySelectorAll("form[data-range] :disabled")) field.disabled = false;
  });

  for (const button of document.querySelectorAll("button[data-fold]")) {
    button.addEventListener("click", () => {
      for (const group of document.querySelectorAll("details.ll-fold")) group.open = button.dataset.fold === "open";
    });
  }

  for (const box of document.querySelectorAll("[data-zoom]")) {
    const steps = [100, 150, 200, 300, 400];
    let place = 0;
    const show = () => {
      box.style.setProperty("--zoom", `${steps[place]}%`);
      box.parentElement.querySelector("[data-zoom-value]").textContent = `${steps[place]} %`;
    };
    for (const button of box.parentElement.querySelectorAll("[data-zoom-by]")) {
      button.addEventListener("click", () => {
        place = Math.min(Math.max(place + Number(button.dataset.zoomBy), 0), steps.length - 1);
        show();
      });
    }
  }
});
