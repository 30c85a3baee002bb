// Parts of a page that change by themselves, and countdowns. Without this script a page shows how it was when it was loaded.
const OFTEN = 2000, SELDOM = 10000, SELDOM_AFTER = 60000, END_AFTER = 600000;
const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function follow(part) {
  const began = Date.now();
  let tag = null;
  while (part.querySelector("[data-moving]") || part.matches("[data-moving]")) {
    const age = Date.now() - began;
    if (age > END_AFTER) return ended(part);
    await wait(age > SELDOM_AFTER ? SELDOM : OFTEN);
    if (document.hidden) continue;
    const answer = await fetch(part.dataset.live, {
      headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store", redirect: "manual",
    }).catch(() => null);
    if (answer === null || answer.status >= 500 || answer.status === 304) continue;
    if (!answer.ok) return ended(part); // signed out, or gone
    tag = answer.headers.get("ETag");
    show(part, await answer.text());
  }
}

function show(part, text) {
  const at = part.contains(document.activeElement) ? document.activeElement : null;
  const before = part.querySelector("[data-status]")?.textContent;
  const stood = part.querySelector("[data-state]")?.dataset.state;
  part.innerHTML = text;
  if (at?.matches("a")) part.querySelector(`a[href="${at.getAttribute("href")}"]`)?.focus();
  else if (at) part.querySelector("[tabindex]")?.focus();
  if (turned(part, stood)) return location.replace(part.dataset.then ?? part.dataset.live.replace(/\/live$/, ""));
  const now = part.querySelector("[data-status]")?.textContent;
  if (now !== before) said(part, "[data-live-status]").textContent = now;
  countDown();
}

// What may be done stands outside of the part: the page is loaded again, unless somebody is typing on it.
function turned(part, stood) {
  const typing = [...document.querySelectorAll("input.govuk-input")].some((one) => one.value);
  return stood !== part.querySelector("[data-state]")?.dataset.state && !typing;
}

const said = (part, what) => part.parentElement.querySelector(what);
const ended = (part) => { said(part, "[data-live-ended]").hidden = false; };

// "in 1 min 20 s" beside each moment that is still to come.
function countDown() {
  for (const moment of document.querySelectorAll("time[data-due]")) {
    let left = moment.nextElementSibling;
    if (!left?.matches("[data-left]")) {
      left = document.createElement("span");
      left.dataset.left = "";
      moment.after(" ", left);
    }
    const seconds = Math.ceil((new Date(moment.dateTime) - Date.now()) / 1000);
    left.textContent = seconds <= 0 ? "(now)" : `(in ${lasting(seconds)})`;
  }
}

function lasting(seconds) {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86400)} days`;
}

countDown();
setInterval(countDown, 1000);
for (const part of document.querySelectorAll("[data-live]")) follow(part);
