// Loads the part of the page that is under way anew until nothing is. Without scripts the browser loads the whole page.
const EVERY = 1000; // milliseconds
const part = () => document.querySelector("[data-live]");

async function renew() {
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store", redirect: "error" });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.querySelector("[data-live]");
    if (fresh !== null) part().replaceWith(fresh);
  } catch {
    // The network was away for a moment: next time.
  }
  if (part().dataset.live === "yes") setTimeout(renew, EVERY);
}

if (part().dataset.live === "yes") setTimeout(renew, EVERY);
