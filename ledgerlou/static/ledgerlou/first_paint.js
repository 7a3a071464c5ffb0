// Runs before anything is painted: what only this browser knows of how the page shall look.
"use strict";

(() => {
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const dress = () => {
    const theme = root.dataset.theme;
    root.classList.toggle("dark", theme === "dark" || (theme === "auto" && system.matches));
  };
  dress();
  system.addEventListener("change", dress);
  new MutationObserver(dress).observe(root, { attributes: true, attributeFilter: ["data-theme"] });
  root.classList.toggle("ll-menu-closed", window.localStorage.getItem("sidebarDesktopOpen") === "0");
})();
