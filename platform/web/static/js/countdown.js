// The time that is left, counted on this machine from what the server said; clocks that differ do not matter.
let shown = null;
let began = 0;
let warned = false;

function tick() {
  const box = document.querySelector("[data-left]");
  if (!box) return;
  if (box !== shown) {
    shown = box;
    began = performance.now();
  }
  const left = Math.max(0, Number(box.dataset.left) - Math.floor((performance.now() - began) / 1000));
  const minutes = String(Math.floor(left / 60)).padStart(2, "0");
  const seconds = String(left % 60).padStart(2, "0");
  box.querySelector("[data-clock]").textContent = `${minutes}:${seconds}`;
  const bar = box.querySelector("progress");
  if (bar) bar.value = left;
  const short = left <= 120;
  box.classList.toggle("short", short);
  bar?.classList.toggle("short", short);
  if (short && left > 0 && !warned) {
    warned = true;
    const said = document.getElementById("said");
    if (said) said.textContent = box.dataset.warning;
  }
  if (left === 0 && !box.dataset.over) {
    box.dataset.over = "yes";
    document.dispatchEvent(new Event("countdown:over"));
  }
}

tick();
setInterval(tick, 1000);
