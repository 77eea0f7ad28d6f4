/* In a table marked data-rows the arrow keys lead from the link of one row to the next, Home and End to the ends.
   They work only while such a link has the focus, so no other key of the page changes its meaning. */
(() => {
  "use strict";
  const steps = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };
  document.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    const rows = step && event.target.closest("[data-rows]");
    if (!rows || event.ctrlKey || event.metaKey || event.altKey) return;
    const links = [...rows.querySelectorAll("th a")];
    const at = links.indexOf(event.target);
    if (at < 0) return;
    event.preventDefault();
    links[Math.max(0, Math.min(links.length - 1, at + step))].focus();
  });
})();
