// The live total of the product page, with what a code takes off; for a membership also the words that its buyer
// agrees to. The server computes it again and its figure is the one that counts.
const form = document.querySelector("form[data-quote]");
if (form) {
  const [currency, ...steps] = form.dataset.quote.split(";");
  const prices = steps.map((step) => step.split(":").map(Number));
  const digits = Number(form.dataset.exponent);
  const { quantity, code, trial } = form.elements;
  const total = form.querySelector("[data-total]");
  const then = form.querySelector("[data-then]");
  const submit = form.querySelector("button[type=submit] [data-label]");
  const format = new Intl.NumberFormat(document.documentElement.lang, {
    style: "currency",
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });

  const plan = () => form.querySelector("input[name=plan]:checked");
  const isTrial = () => Boolean(trial?.checked && Number(plan()?.dataset.trial));
  const priced = (count) => {
    const chosen = plan();
    if (chosen) return [0, Number(chosen.dataset.price)];
    return prices.filter(([from]) => count >= from).pop() ?? prices[0];
  };

  const show = () => {
    const count = Number(quantity.value);
    if (!Number.isInteger(count) || count < 1) return;
    const [start, each] = priced(count);
    const sum = format.format((each * count) / 10 ** digits);
    total.textContent = isTrial() ? format.format(0) : sum;
    if (then) {
      then.hidden = !isTrial();
      then.querySelector("b").textContent = sum;
    }
    if (submit?.dataset.trial) submit.textContent = isTrial() ? submit.dataset.trial : submit.dataset.paid;
    for (const row of form.querySelectorAll("[data-from]")) {
      row.classList.toggle("current", Number(row.dataset.from) === start);
    }
  };

  // What belongs to the chosen plan and method, and nothing else.
  const choose = () => {
    const chosen = plan();
    if (!chosen) return;
    quantity.min = chosen.dataset.least;
    quantity.max = chosen.dataset.most;
    const most = Number(chosen.dataset.most);
    if (Number(quantity.value) > most) quantity.value = most;
    if (Number(quantity.value) < Number(chosen.dataset.least)) quantity.value = chosen.dataset.least;
    if (trial) trial.closest(".check").hidden = !Number(chosen.dataset.trial);
    for (const text of form.querySelectorAll("[data-words]")) text.hidden = text.dataset.words !== chosen.value;
    const consents = form.querySelector("#consents");
    const method = form.querySelector("input[name=method]:checked");
    if (consents && method) consents.hidden = method.dataset.keeps === "no";
  };

  const box = form.querySelector("[data-code]");
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

  const read = (answer) => {
    if (!answer.words) return;
    form.elements.words_for && (form.elements.words_for.value = answer.words_for);
    for (const text of form.querySelectorAll("[data-words]")) {
      text.querySelector("[data-text]").textContent = answer.words[text.dataset.words] ?? "";
    }
  };

  const ask = async () => {
    const about = JSON.stringify([
      code.value,
      quantity.value,
      form.elements.email.value,
      plan()?.value,
      Boolean(trial?.checked),
    ]);
    if (about === answered) return;
    answered = about;
    const turn = ++asked;
    off.hidden = true;
    if (!code.value.trim()) {
      say("", false);
      show();
      if (!plan()) return;
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
      if (code.value.trim()) say(said.dataset.lost, false);
      return;
    }
    read(answer);
    if (code.value.trim()) say(answer.refusal ?? "", Boolean(answer.refusal));
    if (answer.refusal) return;
    total.textContent = answer.total;
    if (!answer.off) return;
    off.querySelector("b").textContent = `−${answer.off}`;
    off.hidden = false;
  };

  const changed = () => {
    asked += 1;
    answered = "";
    off.hidden = true;
    choose();
    show();
    clearTimeout(waiting);
    if (code.value.trim() || plan()) waiting = setTimeout(ask, 400);
  };
  quantity.addEventListener("input", changed);
  form.addEventListener("change", (event) => {
    if (["plan", "trial"].includes(event.target.name)) changed();
    if (event.target.name === "method") choose();
  });
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
    choose();
    show();
    const isBack = plan() && form.elements.words_for && form.elements.words_for.value !== quantity.value;
    if (isBack || (code.value.trim() && code.getAttribute("aria-invalid") !== "true")) ask();
  });
  choose();
  show();
}
