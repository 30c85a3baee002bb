// Keeps a tracker up to date: asks every 2 seconds for a minute, then every 10, and stops after 10 minutes.
// The server answers 304 while nothing has changed, so nothing is read out that is not news.
const tracker = document.getElementById("tracker");
const note = document.getElementById("asked-at");
const began = Date.now();
const QUICK = 60_000, LAST = 600_000;
let tag = "";

async function ask() {
  if (document.hidden) return;
  const answer = await fetch(tracker.dataset.from, { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store" });
  if (answer.redirected || (!answer.ok && answer.status !== 304)) throw new Error(String(answer.status));
  note.textContent = `${note.dataset.words} ${new Date().toLocaleTimeString("en-GB")}`;
  if (answer.status === 304) return;
  tag = answer.headers.get("ETag") ?? "";
  const fresh = await answer.text();
  // Whoever is about to press a button in it is not interrupted.
  if (!tracker.contains(document.activeElement)) tracker.innerHTML = fresh;
  else tag = "";
}

async function keepAsking() {
  const age = Date.now() - began;
  if (age > LAST) {
    note.textContent = tracker.dataset.stopped;
    return;
  }
  try {
    await ask();
  } catch {
    // It is asked again; the page keeps what it shows.
  }
  setTimeout(keepAsking, age < QUICK ? 2_000 : 10_000);
}

if (tracker) setTimeout(keepAsking, 1_000);
