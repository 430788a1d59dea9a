// Keeps [data-poll] fresh: 2 s, later 5 s, later 15 s; not while the page is hidden, at once when it is back.
// A fragment without [data-poll] is final, and the asking ends with it.
const STEPS = [
  [15, 2000],
  [39, 5000],
  [Infinity, 15000],
];
let asked = 0;
let timer = 0;

const live = () => document.querySelector("[data-poll]");
const pause = () => STEPS.find(([until]) => asked < until)[1];

function later() {
  clearTimeout(timer);
  if (live() && !document.hidden) timer = setTimeout(ask, pause());
}

function ask() {
  clearTimeout(timer);
  const element = live();
  if (!element) return;
  asked += 1;
  window.htmx.trigger(element, "poll");
}

function again() {
  if (document.hidden) {
    clearTimeout(timer);
    return;
  }
  asked = 0;
  ask();
}

document.addEventListener("htmx:configRequest", (event) => {
  const version = event.target.dataset?.poll;
  if (version) event.detail.headers["If-None-Match"] = `"${version}"`;
});
document.addEventListener("htmx:afterRequest", later);
document.addEventListener("htmx:afterSettle", () => {
  const heading = document.querySelector("#live [data-said]");
  const said = document.getElementById("said");
  if (heading && said && said.textContent !== heading.textContent) said.textContent = heading.textContent;
  later();
});
document.addEventListener("visibilitychange", again);
window.addEventListener("pageshow", (event) => event.persisted && again());
window.addEventListener("online", again);
document.addEventListener("countdown:over", ask);
later();
