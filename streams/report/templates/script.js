"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  table.querySelectorAll("th button").forEach((button) => {
    button.addEventListener("click", () => {
      const head = button.closest("th");
      const column = head.cellIndex;
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const value = (row) => row.cells[column].dataset.v ?? "";
      const rows = [...body.rows].sort((a, b) => {
        const x = value(a), y = value(b);
        if (x === "" || y === "") return (x === "") - (y === "");
        const order = head.dataset.text ? x.localeCompare(y) : Number(x) - Number(y);
        return down ? -order : order;
      });
      body.append(...rows);
    });
  });
}
for (const box of document.querySelectorAll(".legend input")) {
  box.disabled = false;
  box.addEventListener("change", () => {
    for (const layer of box.closest(".task").querySelectorAll("[data-layer]")) {
      if (layer.dataset.layer === box.value) layer.classList.toggle("off", !box.checked);
    }
  });
}
