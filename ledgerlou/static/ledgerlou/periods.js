// The board of periods: arrow keys go from tile to tile, in rows as they stand on the screen.
"use strict";

const tilesOfBoard = () => [...document.querySelectorAll("[data-arrows] a")];

function neighbour(tile, key) {
  const tiles = tilesOfBoard();
  const place = tiles.indexOf(tile);
  if (key === "ArrowRight") return tiles[place + 1];
  if (key === "ArrowLeft") return tiles[place - 1];
  if (key === "Home") return tiles[0];
  if (key === "End") return tiles.at(-1);
  const here = tile.getBoundingClientRect();
  const isBelow = key === "ArrowDown";
  const others = tiles.filter((other) => {
    const there = other.getBoundingClientRect();
    return isBelow ? there.top >= here.bottom : there.bottom <= here.top;
  });
  // Of the nearest row, the tile that stands most directly above or below.
  const distance = (other) => Math.abs(other.getBoundingClientRect().top - here.top);
  const nearest = Math.min(...others.map(distance));
  const row = others.filter((other) => distance(other) - nearest < here.height / 2);
  const aside = (other) => Math.abs(other.getBoundingClientRect().left - here.left);
  return row.sort((one, two) => aside(one) - aside(two))[0];
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  if (!["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) return;
  const tile = document.activeElement?.closest("[data-arrows] a");
  if (!tile) return;
  event.preventDefault();
  neighbour(tile, event.key)?.focus();
});
