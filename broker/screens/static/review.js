// Keys for the reviewer: numbers choose an answer while one of the answers has the focus, Ctrl+Enter decides, ? helps.
// No key works from outside the form, so none gets in the way of a screen reader's or a browser's own.
const form = document.querySelector("form[data-keys]");
const help = document.querySelector("[data-key-help]");
const opens = document.querySelector("[data-key-help-open]");
const answers = [...form.querySelectorAll("input[name=answer]")];

form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.ctrlKey) {
    event.preventDefault();
    form.requestSubmit();
  } else if (answers.includes(event.target) && !event.ctrlKey && !event.altKey && !event.metaKey) {
    const chosen = answers[Number(event.key) - 1];
    if (event.key === "?") help.showModal();
    else if (chosen) { chosen.focus(); chosen.click(); }
  }
});
opens.hidden = false;
opens.addEventListener("click", () => help.showModal());
