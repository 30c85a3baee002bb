// Starts GOV.UK Frontend's components, and ours where a page has them. Every page works without this.
const script = document.querySelector("script[data-govuk]");

// The first field of a form, where the page asks for it and shows no errors.
const first = document.querySelector("[data-first]");
if (first && !document.querySelector(".govuk-error-summary")) {
  first.focus();
}

// What only matters for one choice is shown with it. (GOV.UK's own way marks the choice in a way that ARIA forbids.)
function show() {
  for (const part of document.querySelectorAll("[data-shown-by]")) {
    part.hidden = !document.getElementById(part.dataset.shownBy).checked;
  }
}
document.addEventListener("change", show);
show();

const { initAll } = await import(script.dataset.govuk);
initAll();
document.documentElement.dataset.started = "yes";
