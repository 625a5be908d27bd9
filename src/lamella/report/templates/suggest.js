// Keys for the enlarged picture. The page reads without it.
const tiles = [...document.querySelectorAll(".tile input")];
const enlarged = () => tiles.find((tile) => tile.checked);
const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const shown = enlarged();
  const outlines = document.getElementById("outlines");
  if (event.key === "o") outlines.checked = !outlines.checked;
  if (!shown) return;
  if (event.key === "Escape") shown.checked = false;
  if (!(event.key in steps)) return;
  event.preventDefault();
  const [down, right] = steps[event.key];
  const row = Number(shown.dataset.row) + down, column = Number(shown.dataset.column) + right;
  const next = tiles.find((tile) => tile.dataset.row == row && tile.dataset.column == column);
  if (!next) return;
  shown.checked = false;
  next.checked = true;
  next.focus({ preventScroll: true });
});
// Of several pictures only the last one clicked is large.
for (const tile of tiles) {
  tile.addEventListener("change", () => {
    for (const other of tiles) if (other !== tile) other.checked = false;
  });
  tile.autocomplete = "off";
}
