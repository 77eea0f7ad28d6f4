// Records the chosen rating as provisional: once the page is really visible and somebody did something on it
// or stayed a moment, and again when they choose another. Pressing Send confirms it; without this script
// nothing is lost but a click that nobody confirms.
(function () {
  "use strict";
  var form = document.querySelector("form[data-click]");
  if (!form || !navigator.sendBeacon) return;
  var MOMENT = 2000, SHORTEST = 400;
  var told = "", isPresent = false, visibleSince = 0, timer = 0;

  function tell() {
    var chosen = form.querySelector("[name=rating]:checked");
    if (!isPresent || !chosen || chosen.value === told || document.visibilityState !== "visible") return;
    told = chosen.value;
    navigator.sendBeacon(form.dataset.click, new URLSearchParams({ rating: told, visit: form.elements.visit.value }));
  }
  function arrive() { isPresent = true; tell(); }
  function act(event) {
    if (event.isTrusted && visibleSince && Date.now() - visibleSince > SHORTEST) arrive();
  }
  function watch() {
    clearTimeout(timer);
    visibleSince = document.visibilityState === "visible" ? Date.now() : 0;
    if (visibleSince) timer = setTimeout(arrive, MOMENT);
  }
  ["pointermove", "pointerdown", "keydown", "scroll", "touchstart"].forEach(function (name) {
    document.addEventListener(name, act, { passive: true });
  });
  form.addEventListener("change", arrive);
  form.addEventListener("submit", function () { told = "sent"; isPresent = false; clearTimeout(timer); });
  document.addEventListener("visibilitychange", watch);
  watch();
})();
