// Loads the parts of the page that are under way anew until nothing is. Without scripts the browser loads the whole page.
const EVERY = 1000; // milliseconds
const GIVEN_UP = Date.now() + 600000; // a page that nobody looks at any more
const live = document.querySelector("[data-live]");

// Only what has changed: so a screen reader tells just that, and the focus stays where it is.
function takeUp(page) {
  const fresh = page.querySelector("[data-live]");
  if (fresh === null) return;
  for (const part of live.querySelectorAll("[data-part]")) {
    const newer = page.getElementById(part.id);
    if (newer !== null && newer.innerHTML !== part.innerHTML) part.replaceChildren(...newer.childNodes);
  }
  Object.assign(live.dataset, fresh.dataset);
}

async function renew() {
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store", redirect: "error" });
    takeUp(new DOMParser().parseFromString(await response.text(), "text/html"));
  } catch {
    // The network was away for a moment: next time.
  }
  goOn();
}

function goOn() {
  if (live.dataset.live === "yes" && Date.now() < GIVEN_UP) setTimeout(renew, EVERY);
}

goOn();
