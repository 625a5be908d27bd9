// One part at a time, sorting, filtering by session. The page reads, and prints, without it.
const root = document.documentElement;
root.classList.add("paged");
addEventListener("DOMContentLoaded", () => {
  const leaves = [...document.querySelectorAll(".leaf")];
  const links = [...document.querySelectorAll("nav.bar a")];
  const wanted = () => document.getElementById(location.hash.slice(1));
  const turn = (first) => {
    const target = wanted();
    const shown = leaves.find((leaf) => leaf.classList.contains("shown"));
    const leaf = target?.closest(".leaf") || (location.hash && shown) || leaves[0];
    for (const other of leaves) other.classList.toggle("shown", other === leaf);
    for (const link of links) {
      const here = link.hash === `#${leaf.id}` || link.hash === `#${leaf.dataset.of}`;
      if (here) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    if (first && !target) return;
    if (target && target !== leaf) target.scrollIntoView({ behavior: "instant" });
    else if (root.classList.contains("paged")) scrollTo({ top: 0, behavior: "instant" });
    else leaf.scrollIntoView();
    if (target === leaf) leaf.querySelector("h2")?.focus({ preventScroll: true });
  };
  addEventListener("hashchange", () => turn(false));
  turn(true);

  const whole = document.querySelector("button.whole");
  whole.hidden = false;
  whole.addEventListener("click", () => {
    const paged = root.classList.toggle("paged");
    whole.textContent = paged ? "Show all parts on one page" : "Show one part at a time";
    scrollTo({ top: 0, behavior: "instant" });
  });

  const chips = document.querySelector("fieldset.chips");
  if (chips) {
    chips.hidden = false;
    const marked = [...document.querySelectorAll("[data-s]")];
    chips.addEventListener("change", () => {
      const boxes = [...chips.querySelectorAll("input")];
      const away = new Set(boxes.filter((box) => !box.checked).map((box) => box.value));
      for (const part of marked) part.classList.toggle("away", away.has(part.dataset.s));
    });
    for (const box of chips.querySelectorAll("input")) box.checked = true;
  }

  for (const table of document.querySelectorAll("table.sortable")) {
    for (const head of table.tHead.rows[0].cells) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") !== "ascending";
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const numeric = head.classList.contains("number");
        const value = (row) => row.cells[head.cellIndex].dataset.sort;
        const rows = [...table.tBodies[0].rows].sort((a, b) => {
          const [x, y] = [value(a), value(b)];
          if (x === "" || y === "") return (x === "") - (y === "");
          const order = numeric ? x - y : x.localeCompare(y, undefined, { numeric: true });
          return up ? order : -order;
        });
        table.tBodies[0].append(...rows);
      });
    }
  }

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const part of opened) part.open = true;
  });
  addEventListener("afterprint", () => {
    for (const part of opened) part.open = false;
  });
});
