/* Keeps a slider and the number beside it equal. The number alone is submitted and read by screen readers, so a page
   without script still works; the slider is shown only where this script runs. */
(() => {
  "use strict";
  document.documentElement.classList.add("has-script");
  document.querySelectorAll("[data-pairs] input[type=range][data-of]").forEach((slider) => {
    const number = document.getElementById(slider.dataset.of);
    slider.addEventListener("input", () => { number.value = slider.value; });
    number.addEventListener("input", () => { slider.value = number.value; });
  });
})();
