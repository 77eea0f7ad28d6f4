/* What every staff page does where script runs: keys for those who do not use the mouse, and words when a part of a
   page cannot be fetched. Without it every page works by links and forms.

   In a table or list marked data-rows j, k and the arrow keys lead from the first link of one row to the next, Enter
   opens it. In a row of links marked data-arrows the left and right arrows do. / goes to the search, ? shows the keys. */
(() => {
  "use strict";
  document.documentElement.classList.add("has-script");
  const isTyping = (target) => target.closest("input:not([type=checkbox], [type=radio]), select, textarea");
  const isSeen = (element) => element.getClientRects().length > 0;

  /* --- rows --- */
  const steps = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };
  const rowsIn = (list) => [...list.querySelectorAll("tr, li")].map((row) => row.querySelector("th a, [data-row-link], a"))
    .filter((link) => link && isSeen(link));

  function walk(event) {
    const step = steps[event.key];
    if (!step) return false;
    const inside = event.target.closest("[data-rows]");
    const isLetter = event.key.length === 1;
    const list = inside || (isLetter && document.querySelector("[data-rows]"));
    if (!list) return false;
    const links = rowsIn(list);
    const at = links.findIndex((link) => link === event.target || link.closest("tr, li").contains(event.target));
    if (!isLetter && at < 0) return false;
    const next = at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.max(0, Math.min(links.length - 1, at + step));
    links[next]?.focus();
    return Boolean(links[next]);
  }

  function walkAcross(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const row = step && event.target.closest("[data-arrows]");
    if (!row) return false;
    const links = [...row.querySelectorAll("a")];
    links[(links.indexOf(event.target) + step + links.length) % links.length]?.focus();
    return true;
  }

  /* --- search and help --- */
  function search(event) {
    if (event.key !== "/") return false;
    const field = [...document.querySelectorAll("main input[type=search]")].find(isSeen);
    field?.focus();
    field?.select();
    return Boolean(field);
  }

  function help(event) {
    const dialog = document.getElementById("keys");
    if (event.key !== "?" || !dialog) return false;
    if (dialog.open) dialog.close();
    else dialog.showModal();
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (isTyping(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.key.length === 1 && areOff()) return;
    if (search(event) || help(event) || walk(event) || walkAcross(event)) event.preventDefault();
  });

  /* Who speaks to the computer sets keys off by chance: letters can be switched off, arrows stay. */
  const store = "xla-keys-off";
  const areOff = () => localStorage.getItem(store) === "1";
  const box = document.getElementById("keys-on");
  if (box) {
    box.checked = !areOff();
    box.addEventListener("change", () => localStorage.setItem(store, box.checked ? "0" : "1"));
  }
  document.querySelectorAll("[data-opens=keys]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => document.getElementById("keys").showModal());
  });

  /* --- sheets that hang out: a click beside one or Escape closes it --- */
  const sheets = () => document.querySelectorAll("details.pop[open], details.menu[open]");
  document.addEventListener("click", (event) => {
    sheets().forEach((sheet) => { sheet.open = sheet.contains(event.target); });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    sheets().forEach((sheet) => {
      sheet.open = false;
      if (sheet.contains(event.target)) sheet.querySelector("summary").focus();
    });
  });

  /* --- a double click sends a form once; a download leaves its form where it is, to be sent again --- */
  const PRESSED = 3000;
  const pressedAt = new WeakMap();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.getAttribute("method") !== "post") return;
    if (event.timeStamp - (pressedAt.get(form) ?? -PRESSED) < PRESSED) event.preventDefault();
    else pressedAt.set(form, event.timeStamp);
  });

  /* --- Back shows no page from the browser's memory that is older than the last sign-out --- */
  const signedOutAt = "xla-signed-out-at";
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-signs-out]")) localStorage.setItem(signedOutAt, Date.now());
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted || Number(localStorage.getItem(signedOutAt)) < performance.timeOrigin) return;
    document.documentElement.hidden = true;
    location.reload();
  });

  /* --- forms that need no button, and a filter that goes along --- */
  document.querySelectorAll("form[data-submits]").forEach((form) => {
    form.addEventListener("change", () => form.requestSubmit());
  });

  document.addEventListener("htmx:pushedIntoHistory", () => {
    const here = new URLSearchParams(location.search);
    document.querySelectorAll("a[data-keeps]").forEach((link) => {
      const to = new URL(link.href);
      for (const name of link.dataset.keeps.split(" ")) {
        if (here.get(name)) to.searchParams.set(name, here.get(name));
        else to.searchParams.delete(name);
      }
      link.href = to.pathname + to.search;
    });
  });

  /* --- a row of tabs that is wider than the screen shows the open one --- */
  function showOpenTabs() {
    document.querySelectorAll(".tabs [aria-current], .subbar [aria-current]").forEach((open) => {
      const row = open.parentElement;
      const [from, to] = [row.getBoundingClientRect(), open.getBoundingClientRect()];
      if (to.left < from.left || to.right > from.right) row.scrollLeft += to.left - from.left - (from.width - to.width) / 2;
    });
  }

  showOpenTabs();
  document.addEventListener("htmx:afterSettle", showOpenTabs);

  /* --- parts of a page that are fetched --- */
  const trouble = document.getElementById("trouble");
  let again = null;
  let isLate = false;

  function say(name, retry, late = false) {
    if (!trouble) return;
    trouble.querySelectorAll("[data-when]").forEach((words) => { words.hidden = words.dataset.when !== name; });
    again = retry;
    isLate = late;
    trouble.querySelector("button").hidden = !retry;
    trouble.hidden = false;
  }

  function failed(event) {
    const { elt, pathInfo, requestConfig, xhr } = event.detail;
    const isSignedOut = xhr?.status === 401;
    if (elt.matches("[data-quiet]") && !isSignedOut) return;
    const name = !xhr?.status ? "offline" : isSignedOut || xhr.status === 403 ? "refused" : "error";
    const isRead = requestConfig.verb === "get";
    const address = xhr?.responseURL || pathInfo?.finalRequestPath || requestConfig.path;
    say(name, () => (isRead && name !== "refused" ? location.assign(address) : location.reload()), isRead && name === "offline");
  }

  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) document.addEventListener(name, failed);
  document.addEventListener("htmx:afterSwap", (event) => {
    if (trouble && !event.detail.requestConfig?.elt.matches("[data-quiet]")) trouble.hidden = true;
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!event.detail.elt.matches("[data-quiet]")) document.documentElement.classList.add("is-loading");
  });
  document.addEventListener("htmx:afterRequest", () => document.documentElement.classList.remove("is-loading"));
  addEventListener("offline", () => say("offline", null));
  addEventListener("online", () => {
    if (isLate) again();
    else if (trouble) trouble.hidden = true;
  });
  trouble?.querySelector("button").addEventListener("click", () => again?.());
})();
