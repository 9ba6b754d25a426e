// A second press while the first is on its way would send the same code or signature again, and be told that it is used.
const sent = new Map();
const PAUSE = 5000; // milliseconds: whoever stopped the first may press again
document.addEventListener("submit", (event) => {
  if (event.timeStamp - (sent.get(event.target) ?? -PAUSE) < PAUSE) {
    event.preventDefault();
  } else {
    sent.set(event.target, event.timeStamp);
  }
});
// Back on a page that the browser kept.
addEventListener("pageshow", () => sent.clear());
