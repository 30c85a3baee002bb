// Keys for whoever fills a form in: Ctrl+Enter goes on, numbers choose within radios, ? helps. A letter or number does
// something only while a choice has the focus, so none gets in the way of typing or of a screen reader (WCAG 2.1.4).
const help = document.querySelector("[data-key-help]");
const opens = document.querySelector("[data-key-help-open]");
const forms = [...document.querySelectorAll("main form[method=post]")];

document.addEventListener("keydown", (event) => {
  if (help.open || event.altKey || event.metaKey) return;
  if (event.key === "Enter" && event.ctrlKey) return goOn(event);
  if (event.ctrlKey || !event.target.matches("main input[type=radio], main input[type=checkbox]")) return;
  if (event.key === "?") help.showModal();
  else if (event.target.type === "radio") choose(event);
});

function goOn(event) {
  const form = forms.find((one) => one.contains(event.target));
  if (!form) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("button[type=submit], button:not([type])"));
}

function choose(event) {
  const among = [...document.getElementsByName(event.target.name)].filter((one) => one.form === event.target.form);
  const chosen = among[Number(event.key) - 1];
  if (!chosen) return;
  chosen.focus();
  chosen.click();
}

opens.hidden = false;
opens.addEventListener("click", () => help.showModal());
