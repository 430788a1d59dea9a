// What a refund of the typed amount gives back of the fees. The server computes it again; its figures count.
const form = document.querySelector("form[data-refund]");
if (form) {
  const rule = JSON.parse(document.getElementById(form.dataset.refund).textContent);
  const whole = BigInt(rule.whole);
  const format = new Intl.NumberFormat(document.documentElement.lang, {
    style: "currency",
    currency: rule.currency,
    minimumFractionDigits: rule.digits,
    maximumFractionDigits: rule.digits,
  });

  // Minor units of a decimal text, or null where it is none or too much.
  const units = (text) => {
    const [, whole_part, part = ""] = /^(\d{1,12})(?:\.(\d*))?$/.exec(text.trim()) ?? [];
    if (whole_part === undefined || part.length > rule.digits) return null;
    return BigInt(whole_part + part.padEnd(rule.digits, "0"));
  };
  const back = ([fee, returned], gone) => {
    const due = gone === whole ? BigInt(fee) : (BigInt(fee) * gone) / whole;
    const left = due - BigInt(returned);
    return left > 0n ? left : 0n;
  };
  const put = (name, amount) => {
    const place = form.querySelector(`[data-${name}]`);
    if (place) place.textContent = amount === null ? "—" : format.format(Number(amount) / 10 ** rule.digits);
  };

  const show = () => {
    const amount = units(form.elements.amount.value);
    const gone = amount === null ? null : amount + BigInt(rule.gone);
    if (gone === null || amount <= 0n || gone > whole) {
      for (const name of ["platform", "channel", "promotion", "cost"]) put(name, null);
      return;
    }
    const platform = back(rule.platform, gone);
    const channel = back(rule.channel, gone);
    put("platform", platform);
    put("channel", channel);
    const promotion = back(rule.promotion, gone);
    put("promotion", promotion);
    put("cost", amount + promotion - platform - (rule.bears ? channel : 0n));
  };
  form.elements.amount.addEventListener("input", show);
  window.addEventListener("pageshow", show);
  show();
}
