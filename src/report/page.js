// The page is whole without this: it folds what only some need, opens it for paper, and lets tables be sorted and filtered.
"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const make = (name, text) => Object.assign(document.createElement(name), {textContent: text});
  const details = all("details");
  let opened = [];

  const unfold = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let at = target; at; at = at.parentElement) if (at.localName === "details") at.open = true;
  };
  for (const one of details) one.open = false;
  unfold();
  addEventListener("hashchange", unfold);
  addEventListener("beforeprint", () => {
    opened = details.filter(one => !one.open);
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
  });

  for (const pre of all(".r-do pre")) {
    const button = make("button", "Copy");
    const label = text => { button.textContent = text; setTimeout(() => { button.textContent = "Copy" }, 2000) };
    button.type = "button";
    button.className = "copy";
    button.addEventListener("click", () => navigator.clipboard.writeText(pre.textContent).then(() => label("Copied"), () => {
      getSelection().selectAllChildren(pre);
      label("Selected");
    }));
    pre.before(button);
  }

  const keyOf = cell => cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v);
  const compare = (a, b) => typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", {numeric: true});
  const sort = (table, head, column) => {
    const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    const body = table.tBodies[0];
    const rows = [...body.rows].map(row => [keyOf(row.cells[column]), row]);
    rows.sort((a, b) => sign * compare(a[0], b[0]));
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
    body.append(...rows.map(pair => pair[1]));
  };
  const filter = (table, count, words) => {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of table.tBodies[0].rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !wanted.every(word => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    count.textContent = wanted.length ? ` ${shown} of ${table.tBodies[0].rows.length} rows` : "";
  };

  for (const table of all("table")) {
    if (table.tBodies[0].rows.length < 2) continue;
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = make("button", head.textContent);
      button.type = "button";
      button.addEventListener("click", () => sort(table, head, column));
      head.replaceChildren(button);
    });
    const label = make("label", "Filter");
    const input = make("input", "");
    const count = make("span", "");
    label.className = "filter";
    input.type = "search";
    count.setAttribute("role", "status");
    input.addEventListener("input", () => filter(table, count, input.value));
    label.append(input);
    const line = make("div", "");
    line.append(label, count);
    table.parentElement.before(line);
  }
})();
