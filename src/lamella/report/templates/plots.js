// What a dot is: shown beside it on pointing, on focus and on a tap. Arrow keys go from dot to dot.
addEventListener("DOMContentLoaded", () => {
  const tip = document.getElementById("tip");
  const list = JSON.parse(document.getElementById("cell-list").dataset.list);
  let pinned = null;
  const line = (text, kind) => {
    const part = document.createElement("p");
    part.textContent = text;
    if (kind) part.className = kind;
    return part;
  };
  const told = (dot) => {
    const cell = dot.dataset.c === undefined ? null : list.cells[dot.dataset.c];
    if (!cell) return [dot.dataset.v];
    const [, movie, number, condition, session] = cell;
    const name = [movie, number && `cell ${number}`].filter(Boolean).join(", ");
    return [dot.dataset.v, name, [condition, session].filter(Boolean).join(" · ")].filter(Boolean);
  };
  const pictureOf = (cell) => {
    const page = document.getElementById(list.movies[cell[0]]);
    if (!page) return null;
    const sprite = page.style.getPropertyValue("--sprite");
    if (sprite && cell[5] !== null) {
      const strip = document.createElement("div");
      strip.className = "cellstrip";
      for (const name of ["--sprite", "--strip-width", "--strip-height"]) {
        strip.style.setProperty(name, page.style.getPropertyValue(name));
      }
      strip.style.backgroundPosition = `0 ${cell[5]}px`;
      return strip;
    }
    const film = page.querySelector(".strip img");
    if (!film) return null;
    const strip = document.createElement("img");
    strip.src = film.src;
    strip.alt = "";
    return strip;
  };
  const show = (dot) => {
    const [value, ...rest] = told(dot);
    const parts = [line(value, "value"), ...rest.map((text) => line(text))];
    const cell = dot.dataset.c === undefined ? null : list.cells[dot.dataset.c];
    if (cell) {
      const strip = pictureOf(cell);
      if (strip) parts.push(strip);
      if (cell[0] >= 0) {
        const link = document.createElement("a");
        link.href = `#${list.movies[cell[0]]}`;
        link.textContent = "Open its movie";
        parts.push(link);
      }
    }
    tip.replaceChildren(...parts);
    tip.hidden = false;
    const at = dot.getBoundingClientRect(), box = tip.getBoundingClientRect();
    const wide = root.clientWidth, high = innerHeight;
    const below = at.bottom + 10 + box.height < high;
    tip.style.left = `${Math.max(6, Math.min(at.left + at.width / 2 - box.width / 2, wide - box.width - 6))}px`;
    tip.style.top = `${Math.max(6, below ? at.bottom + 10 : at.top - box.height - 10)}px`;
    document.querySelector(".asked")?.classList.remove("asked");
    dot.classList.add("asked");
  };
  const hide = () => {
    pinned = null;
    tip.hidden = true;
    document.querySelector(".asked")?.classList.remove("asked");
  };
  const isDot = (part) => part instanceof SVGElement && part.dataset.v !== undefined;
  for (const plot of document.querySelectorAll("svg.dots")) {
    const dots = () =>
      [...plot.querySelectorAll("[data-v]")].filter((dot) => !dot.closest(".away"));
    const go = (dot) => {
      if (!dot) return;
      dot.setAttribute("tabindex", "-1");
      dot.setAttribute("role", "img");
      dot.setAttribute("aria-label", told(dot).join(", "));
      dot.focus({ preventScroll: false });
    };
    plot.addEventListener("pointerover", (event) => {
      if (!pinned && isDot(event.target)) show(event.target);
    });
    plot.addEventListener("pointerout", (event) => {
      if (!pinned && isDot(event.target) && event.pointerType !== "touch") hide();
    });
    plot.addEventListener("click", (event) => {
      if (!isDot(event.target)) return hide();
      show(event.target);
      pinned = event.target;
      event.stopPropagation();
    });
    plot.addEventListener("focusin", (event) => {
      if (isDot(event.target)) show(event.target);
    });
    plot.addEventListener("focusout", () => {
      if (!pinned) hide();
    });
    plot.addEventListener("keydown", (event) => {
      const all = dots(), place = all.indexOf(document.activeElement);
      if (event.key === "ArrowRight") go(all[place + 1] ?? all[0]);
      else if (event.key === "ArrowLeft") go(all[place - 1] ?? all[all.length - 1]);
      else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
        const here = document.activeElement;
        if (!isDot(here)) return go(all[0]);
        const row = all.filter((dot) => dot.parentNode === here.parentNode);
        row.sort((a, b) => b.getBBox().y - a.getBBox().y);
        go(row[row.indexOf(here) + (event.key === "ArrowUp" ? 1 : -1)]);
      } else if (event.key === "Enter" && isDot(document.activeElement)) {
        const cell = list.cells[document.activeElement.dataset.c];
        if (cell && cell[0] >= 0) location.hash = list.movies[cell[0]];
      } else return;
      event.preventDefault();
    });
  }
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
  addEventListener("click", (event) => {
    if (!tip.contains(event.target)) hide();
  });
  addEventListener("hashchange", hide);
  const scrolled = () => {
    if (tip.hidden) return;
    if (pinned || isDot(document.activeElement)) show(pinned ?? document.activeElement);
    else hide();
  };
  addEventListener("scroll", scrolled, { passive: true });
});
