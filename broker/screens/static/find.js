// Shows who fits while somebody types. Without this script, or where the search does not answer, the button finds them.
const form = document.querySelector("form[data-finds]");
const box = form.querySelector("input[name=search]");
const PAUSE = 250, SLOW = 400, SHORTEST = 3;
let waiting = 0, asking = new AbortController(), asked = typed();

function typed() {
  return `${box.value.trim()} ${new FormData(form).get("kind") ?? ""}`;
}

const shown = (what) => document.querySelector(`[data-shows="${what}"]`);

async function look() {
  if (typed() === asked) return;
  asking.abort();
  asked = typed();
  if (box.value.trim().length < SHORTEST) return clear();
  asking = new AbortController();
  const { signal } = asking;
  const slow = setTimeout(() => { shown("count").textContent = form.dataset.slow; }, SLOW);
  const answer = await fetch(form.dataset.finds, {
    method: "POST", body: new URLSearchParams(new FormData(form)), cache: "no-store", redirect: "manual", signal,
  }).then((one) => (one.ok ? one.text() : ""), () => "");
  clearTimeout(slow);
  if (signal.aborted) return;
  if (answer) show(new DOMParser().parseFromString(answer, "text/html"));
  else clear();
}

function show(found) {
  for (const part of found.querySelectorAll("[data-part]")) {
    const here = shown(part.dataset.part);
    if (part.dataset.part === "count") here.textContent = part.textContent;
    else if (!here.contains(document.activeElement)) here.replaceChildren(...part.childNodes);
  }
}

// The start page shows nothing until something fits; the page of the person keeps what it was loaded with.
function clear() {
  if (shown("others")) return;
  shown("count").textContent = "";
  shown("people").replaceChildren();
}

form.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(look, PAUSE);
});
// From what is typed straight to the first who fits.
box.addEventListener("keydown", (event) => {
  const first = event.key === "ArrowDown" && document.querySelector("input[name=person]");
  if (first) {
    event.preventDefault();
    first.focus();
  }
});
