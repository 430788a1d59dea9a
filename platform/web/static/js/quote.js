// The live total of the product page. The server computes it again and its figure is the one that counts.
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
  quantity.addEventListener("input", show);
  window.addEventListener("pageshow", show);
  show();
}
