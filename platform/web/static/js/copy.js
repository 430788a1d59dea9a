// Copy buttons. The text is that of [data-copy-text] beside the button, or of the element that data-copy names.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = button.dataset.copy
    ? document.getElementById(button.dataset.copy)
    : button.parentElement.querySelector("[data-copy-text]");
  await write(source.dataset.copyValue ?? source.textContent.trim());
  const label = button.querySelector("[data-copy-label]") ?? button;
  const idle = (button.dataset.idle ??= label.textContent);
  label.textContent = button.dataset.done;
  button.classList.add("done");
  announce(button.dataset.done);
  setTimeout(() => {
    label.textContent = idle;
    button.classList.remove("done");
  }, 2000);
});

async function write(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Pages without TLS and some in-app browsers have no clipboard: a selection still copies there.
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

function announce(text) {
  let region = document.getElementById("announcements");
  if (!region) {
    region = document.createElement("p");
    region.id = "announcements";
    region.className = "visually-hidden";
    region.setAttribute("role", "status");
    document.body.append(region);
  }
  region.textContent = "";
  requestAnimationFrame(() => (region.textContent = text));
}
