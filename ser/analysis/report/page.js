// Tables are sorted by the column whose head is clicked, numbers as numbers; without scripts they stay as they are.
for (const table of document.querySelectorAll("table")) {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
  if (body.rows.length < 2) continue;
  heads.forEach((head, column) => {
    const sort = () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      const text = row => row.cells[column].textContent.trim();
      const number = row => { const found = text(row).replace(/[<>\[\s]/g, ""); return found === "" ? NaN : parseFloat(found); };
      const compare = (a, b) => {
        const [x, y] = [number(a), number(b)];
        if (isNaN(x) && isNaN(y)) return (up ? 1 : -1) * text(a).localeCompare(text(b));
        return isNaN(x) ? 1 : isNaN(y) ? -1 : (up ? 1 : -1) * (x - y); // what is no number comes last
      };
      body.append(...[...body.rows].sort(compare));
      heads.forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
    };
    head.classList.add("sortable");
    head.tabIndex = 0;
    head.addEventListener("click", sort);
    head.addEventListener("keydown", event => { if (event.key === "Enter") sort(); });
  });
}
