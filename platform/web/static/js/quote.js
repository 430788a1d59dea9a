// The live total of the product page, with what a code takes off. The server computes it again and its figure is
// the one that counts.
const form = document.querySelector("form[data-quote]");
if (form) {
  const [currency, ...steps] = form.dataset.quote.split(";");
  const prices = steps.map((step) => step.split(":").map(Number));
  const digits = Number(form.dataset.exponent);
  const quantity = form.elements.quantity;
  const total = form.querySelector("[data-total]");
  const format = new Intl.NumberFormat(document.documentElement.lang, {
    style: "currency",
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });

  const show = () => {
    const count = Number(quantity.value);
    if (!Number.isInteger(count) || count < 1) return;
    const [start, each] = prices.filter(([from]) => count >= from).pop() ?? prices[0];
    total.textContent = format.format((each * count) / 10 ** digits);
    for (const row of form.querySelectorAll("[data-from]")) {
      row.classList.toggle("current", Number(row.dataset.from) === start);
    }
  };

  const box = form.querySelector("[data-code]");
  const code = form.elements.code;
  const said = box.querySelector("[data-said]");
  const off = form.querySelector("[data-off]");
  let asked = 0;
  let waiting = 0;
  let answered = ""; // what the shown answer is about

  const say = (sentence, isRefusal) => {
    said.textContent = sentence;
    said.classList.toggle("error", isRefusal);
    if (isRefusal) code.setAttribute("aria-invalid", "true");
    else code.removeAttribute("aria-invalid");
    box.querySelector("#code-error")?.remove();
  };

  const ask = async () => {
    const about = JSON.stringify([code.value, quantity.value, form.elements.email.value]);
    if (about === answered) return;
    answered = about;
    const turn = ++asked;
    off.hidden = true;
    if (!code.value.trim()) {
      say("", false);
      show();
      return;
    }
    const fields = new FormData(form);
    let answer;
    try {
      const response = await fetch(box.dataset.code, { method: "POST", body: fields, headers: { Accept: "application/json" } });
      answer = await response.json();
    } catch {
      answer = null;
    }
    if (turn !== asked) return;
    show();
    if (!answer || !(answer.total || answer.refusal)) {
      answered = "";
      say(said.dataset.lost, false);
      return;
    }
    say(answer.refusal ?? "", Boolean(answer.refusal));
    if (answer.refusal) return;
    total.textContent = answer.total;
    off.querySelector("b").textContent = `−${answer.off}`;
    off.hidden = false;
  };

  const changed = () => {
    asked += 1;
    answered = "";
    off.hidden = true;
    show();
    clearTimeout(waiting);
    if (code.value.trim()) waiting = setTimeout(ask, 400);
  };
  quantity.addEventListener("input", changed);
  code.addEventListener("input", () => {
    asked += 1;
    answered = "";
    off.hidden = true;
    clearTimeout(waiting);
    say("", false);
    show();
  });
  code.addEventListener("change", ask);
  code.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    ask();
  });
  box.querySelector("[data-apply]").addEventListener("click", ask);
  window.addEventListener("pageshow", () => {
    show();
    if (code.value.trim() && code.getAttribute("aria-invalid") !== "true") ask();
  });
  show();
}
