// The import form: shows only the field that the chosen source needs. Without scripts both are there.
const form = document.querySelector("form[data-sources]");
if (form) {
  const show = () => {
    const chosen = form.elements.source.value;
    for (const part of form.querySelectorAll("[data-source]")) {
      part.hidden = !part.dataset.source.split(" ").includes(chosen);
    }
  };
  form.addEventListener("change", show);
  window.addEventListener("pageshow", show);
  show();
}
